package io.sparkpeft.spark.storage;

import io.delta.storage.HadoopFileSystemLogStore;
import java.io.ByteArrayOutputStream;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.FileAlreadyExistsException;
import java.util.Arrays;
import java.util.Iterator;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FSDataOutputStream;
import org.apache.hadoop.fs.FSDataOutputStreamBuilder;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.Path;

/**
 * Delta's log in an object store that knows conditional writes (S3's {@code If-None-Match}): a
 * commit is one write that fails where its version stands already, so that any number of drivers
 * may write one table. Delta's own store for S3 keeps order within one driver alone.
 *
 * <p>Takes effect by {@code spark.delta.logStore.s3a.impl}; needs Hadoop 3.4.2 or later.
 */
public class ConditionalLogStore extends HadoopFileSystemLogStore {
  /** Hadoop's name for a write that must not replace anything. */
  static final String CONDITIONAL = "fs.option.create.conditional.overwrite";

  /** Every commit of Delta carries a random one. */
  private static final String TRANSACTION_ID = "\"txnId\":\"";

  /** Delta makes it so. */
  public ConditionalLogStore(Configuration hadoop) {
    super(hadoop);
  }

  /**
   * @throws FileAlreadyExistsException if another writer's content stands there
   */
  @Override
  public void write(Path path, Iterator<String> actions, Boolean overwrite, Configuration hadoop)
      throws IOException {
    FileSystem files = path.getFileSystem(hadoop);
    FSDataOutputStreamBuilder<?, ?> file = files.createFile(path);
    ByteArrayOutputStream content = new ByteArrayOutputStream();
    if (overwrite) {
      file.overwrite(true);
      write(file, actions, content);
      return;
    }
    file.must(CONDITIONAL, true);
    try {
      write(file, actions, content);
    } catch (IOException refusedOrLost) {
      settle(files, path, content.toByteArray(), refusedOrLost);
    }
  }

  /** The write takes place as a whole when the stream is closed. */
  private static void write(
      FSDataOutputStreamBuilder<?, ?> file, Iterator<String> actions, ByteArrayOutputStream content)
      throws IOException {
    try (FSDataOutputStream out = (FSDataOutputStream) file.build()) {
      while (actions.hasNext()) {
        content.writeBytes((actions.next() + "\n").getBytes(StandardCharsets.UTF_8));
      }
      content.writeTo(out);
    }
  }

  /**
   * Finds out who won. A write whose answer was lost is sent again by the client, and is then
   * refused by its own first try: what stands there tells the one from the other.
   */
  private static void settle(FileSystem files, Path path, byte[] own, IOException cause)
      throws IOException {
    byte[] winner;
    try (FSDataInputStream in = files.open(path)) {
      winner = in.readAllBytes();
    } catch (FileNotFoundException nobody) {
      cause.addSuppressed(nobody);
      throw cause;
    }
    boolean isOwn =
        Arrays.equals(winner, own)
            && new String(own, StandardCharsets.UTF_8).contains(TRANSACTION_ID);
    if (!isOwn) {
      FileAlreadyExistsException lost = new FileAlreadyExistsException(path.toString());
      lost.initCause(cause);
      throw lost;
    }
  }

  /** An object appears whole. */
  @Override
  public Boolean isPartialWriteVisible(Path path, Configuration hadoop) {
    return false;
  }
}
