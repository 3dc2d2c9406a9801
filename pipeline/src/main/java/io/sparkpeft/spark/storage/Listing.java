package io.sparkpeft.spark.storage;

import io.sparkpeft.base.Sha256;
import java.io.IOException;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.Predicate;
import org.apache.hadoop.fs.EtagSource;
import org.apache.hadoop.fs.FileStatus;
import org.apache.hadoop.fs.FileSystem;
import org.apache.hadoop.fs.LocatedFileStatus;
import org.apache.hadoop.fs.Path;
import org.apache.hadoop.fs.RemoteIterator;

/**
 * The files below a folder, or one file.
 *
 * @param isFile whether it is one file
 * @param entries sorted by name; hidden ones are left out
 */
record Listing(boolean isFile, List<Entry> entries) {
  private static final int VERSION_DIGITS = 16;

  /**
   * @param name relative to the folder
   * @param content tells its content from an earlier one: its ETag, else when it was written
   */
  record Entry(String name, Path path, long bytes, String content) {
    static Entry of(String name, FileStatus status) {
      String etag = status instanceof EtagSource source ? source.getEtag() : null;
      String content = etag == null ? Long.toString(status.getModificationTime()) : etag;
      return new Entry(name, status.getPath(), status.getLen(), content);
    }
  }

  /**
   * @throws java.io.FileNotFoundException if nothing is there
   */
  static Listing of(FileSystem files, Path root) throws IOException {
    FileStatus status = files.getFileStatus(root);
    if (status.isFile()) {
      return new Listing(true, List.of(Entry.of(root.getName(), status)));
    }
    List<Entry> entries = new ArrayList<>();
    int prefix = status.getPath().toUri().getPath().length() + 1;
    RemoteIterator<LocatedFileStatus> found = files.listFiles(root, true);
    while (found.hasNext()) {
      LocatedFileStatus file = found.next();
      String path = file.getPath().toUri().getPath();
      String name = path.substring(Math.min(prefix, path.length()));
      if (!file.getPath().getName().startsWith(".")) {
        entries.add(Entry.of(name, file));
      }
    }
    entries.sort(Comparator.comparing(Entry::name));
    return new Listing(false, List.copyOf(entries));
  }

  /** Those of a folder's files that are wanted, by their names. */
  Listing of(Predicate<String> wanted) {
    return isFile
        ? this
        : new Listing(false, entries.stream().filter(e -> wanted.test(e.name())).toList());
  }

  long bytes() {
    return entries.stream().mapToLong(Entry::bytes).sum();
  }

  /** Differs where a file was added, taken away or written anew. */
  String version() {
    Sha256 hash = new Sha256();
    entries.forEach(e -> hash.add(e.name() + "\n" + e.bytes() + "\n" + e.content() + "\n"));
    return hash.hex().substring(0, VERSION_DIGITS);
  }
}
