package io.sparkpeft.spark.storage;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.Held;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import java.io.FileNotFoundException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Consumer;
import java.util.function.Predicate;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.apache.hadoop.conf.Configuration;
import org.apache.hadoop.fs.FSDataInputStream;
import org.apache.hadoop.fs.FileSystem;
import org.apache.spark.SparkConf;
import org.apache.spark.SparkEnv;
import org.apache.spark.deploy.SparkHadoopUtil;
import org.apache.spark.sql.SparkSession;

/**
 * Object stores, and every other file system of Hadoop's, to rooms that know local folders alone.
 * What is read is copied to this machine first, for libtorch and safetensors map files into memory;
 * what is written is written here and then published. {@link LocalCopy} says of a local path where
 * it belongs; of a path that is no copy all methods leave everything as it is, without a call to
 * Hadoop.
 */
public final class Storage {
  /** This process's leases by their folders. */
  private static final Map<String, Held> HELD = new ConcurrentHashMap<>();

  private final Supplier<Configuration> hadoop;
  private final Consumer<String> messages;

  private Storage(Supplier<Configuration> hadoop, Consumer<String> messages) {
    this.hadoop = hadoop;
    this.messages = messages;
  }

  /**
   * @param messages takes, line by line, what a person should know of copies
   */
  public static Storage of(Configuration hadoop, Consumer<String> messages) {
    return new Storage(() -> hadoop, messages);
  }

  /** The driver's. */
  public static Storage of(SparkSession session, Consumer<String> messages) {
    return new Storage(() -> session.sparkContext().hadoopConfiguration(), messages);
  }

  /**
   * The one of this process: of an executor, or of a driver that has no session yet or any more.
   */
  public static Storage here() {
    return here(System.err::println);
  }

  /** The same, telling somebody else of copies. */
  public static Storage here(Consumer<String> messages) {
    return new Storage(Storage::ofThisProcess, messages);
  }

  private static Configuration ofThisProcess() {
    SparkConf conf = SparkEnv.get() == null ? new SparkConf() : SparkEnv.get().conf();
    return SparkHadoopUtil.get().newConfiguration(conf);
  }

  /**
   * A location's copy on this machine, made if there is none of its present version yet. A local
   * location is its own copy.
   *
   * @param cache the folder of all copies
   * @throws io.sparkpeft.base.SparkPeftException (66) if nothing is there, (73) if there is no room
   *     for it, otherwise for what the store says
   */
  public Path copy(String location, Path cache) {
    return copy(location, cache, name -> true);
  }

  /**
   * The same of some of a folder's files.
   *
   * @param wanted by the file's name relative to the folder
   */
  public Path copy(String location, Path cache, Predicate<String> wanted) {
    if (!LocalCopy.isRemote(location)) {
      return Path.of(location).toAbsolutePath().normalize();
    }
    try {
      Listing listing = listing(location).of(wanted);
      LocalCopy.Kind kind = listing.isFile() ? LocalCopy.Kind.FILE : LocalCopy.Kind.FOLDER;
      Path folder = LocalCopy.of(cache, location, kind, listing.version());
      new Download(files(location), location, listing, messages).into(folder);
      return listing.isFile() ? folder.resolve(listing.entries().get(0).name()) : folder;
    } catch (IOException e) {
      throw StorageErrors.failed(location, e);
    }
  }

  /**
   * Makes sure that a copy which another machine made is on this one as well.
   *
   * @return the same path
   */
  public Path ensure(Path local) {
    if (LocalCopy.origin(local).isEmpty() || Files.exists(local)) {
      return local;
    }
    Path copy = LocalCopy.whole(local).orElse(local);
    String location = LocalCopy.origin(copy).orElseThrow();
    try {
      Listing listing = listing(location);
      new Download(files(location), location, listing, messages).into(copy);
    } catch (IOException e) {
      throw StorageErrors.failed(location, e);
    }
    if (!Files.exists(local)) {
      throw StorageErrors.changed(location);
    }
    return local;
  }

  /**
   * Writes a copy's files where it belongs; the one that makes the folder complete comes last, so
   * that nobody reads half of it.
   *
   * @param last that file's name
   */
  public void publish(Path local, String last) {
    Optional<String> origin = LocalCopy.origin(local);
    if (origin.isPresent()) {
      try {
        new Upload(files(origin.get()), origin.get(), messages).of(local, last);
      } catch (IOException e) {
        throw StorageErrors.failed(origin.get(), e);
      }
    }
  }

  /**
   * The lease of a run whose result goes to an object store.
   *
   * @throws io.sparkpeft.base.SparkPeftException (75) with the holder, if somebody holds it
   */
  public Held lease(String folder, String what) {
    StoreLease lease = StoreLease.take(hadoop.get(), folder, what);
    HELD.put(folder, lease);
    return lease;
  }

  /**
   * The same as {@link #publish}, by the holder of a lease alone.
   *
   * @throws io.sparkpeft.base.SparkPeftException (75) if the lease was lost to another driver
   */
  public void publishHeld(Path local, String last, String lease) {
    Optional.ofNullable(HELD.get(lease)).ifPresent(Held::requireHeld);
    publish(local, last);
  }

  /** Deletes what a copy is a copy of; the copy stays. */
  public void deleteOrigin(Path local) {
    Optional<String> origin = LocalCopy.origin(local);
    if (origin.isPresent()) {
      try {
        files(origin.get()).delete(new org.apache.hadoop.fs.Path(origin.get()), true);
      } catch (IOException e) {
        throw StorageErrors.failed(origin.get(), e);
      }
    }
  }

  /** The JSON file that a copy is of, read without a copy; empty if it is not there. */
  public Optional<ObjectNode> readJson(Path local) {
    if (LocalCopy.origin(local).isEmpty()) {
      return Files.exists(local) ? Optional.of((ObjectNode) Json.read(local)) : Optional.empty();
    }
    String location = LocalCopy.origin(local).get();
    try (FSDataInputStream in = files(location).open(new org.apache.hadoop.fs.Path(location))) {
      String text = new String(in.readAllBytes(), StandardCharsets.UTF_8);
      return Optional.of((ObjectNode) Json.parse(text));
    } catch (FileNotFoundException e) {
      return Optional.empty();
    } catch (JsonProcessingException e) {
      throw StorageErrors.notJson(location, e);
    } catch (IOException e) {
      throw StorageErrors.failed(location, e);
    }
  }

  /** The folders in a folder, newest name first; of a local path as of a copy's origin. */
  public List<Path> foldersIn(Path local) {
    Optional<String> origin = LocalCopy.origin(local);
    try {
      return origin.isPresent() ? remoteFolders(origin.get(), local) : localFolders(local);
    } catch (FileNotFoundException e) {
      return List.of();
    } catch (IOException e) {
      throw StorageErrors.failed(LocalCopy.name(local), e);
    }
  }

  private List<Path> remoteFolders(String location, Path local) throws IOException {
    List<Path> folders = new ArrayList<>();
    for (var status : files(location).listStatus(new org.apache.hadoop.fs.Path(location))) {
      if (status.isDirectory()) {
        folders.add(local.resolve(status.getPath().getName()));
      }
    }
    folders.sort(Comparator.reverseOrder());
    return folders;
  }

  private static List<Path> localFolders(Path local) throws IOException {
    if (!Files.isDirectory(local)) {
      return List.of();
    }
    try (Stream<Path> found = Files.list(local)) {
      return found.filter(Files::isDirectory).sorted(Comparator.reverseOrder()).toList();
    }
  }

  /** Whether a copy's origin, or a local path, is there. */
  public boolean exists(Path local) {
    Optional<String> origin = LocalCopy.origin(local);
    return origin.isPresent() ? exists(origin.get()) : Files.exists(local);
  }

  /** Whether something is at an address. */
  public boolean exists(String location) {
    try {
      return files(location).exists(new org.apache.hadoop.fs.Path(location));
    } catch (IOException e) {
      throw StorageErrors.failed(location, e);
    }
  }

  /** Asks stores for an answer before anything begins. */
  public Probe probe() {
    return new Probe(hadoop.get());
  }

  /** What is there, in one word that changes with it; of a Delta table its newest commits. */
  public String fingerprint(String location) {
    try {
      String log = location + "/_delta_log";
      FileSystem files = files(location);
      boolean isTable =
          files.getFileStatus(new org.apache.hadoop.fs.Path(location)).isDirectory()
              && files.exists(new org.apache.hadoop.fs.Path(log));
      return location + "@" + listing(isTable ? log : location).version();
    } catch (FileNotFoundException e) {
      return location;
    } catch (IOException e) {
      throw StorageErrors.failed(location, e);
    }
  }

  private Listing listing(String location) throws IOException {
    return Listing.of(files(location), new org.apache.hadoop.fs.Path(location));
  }

  private FileSystem files(String location) throws IOException {
    return new org.apache.hadoop.fs.Path(location).getFileSystem(hadoop.get());
  }
}
