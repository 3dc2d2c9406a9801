package io.sparkpeft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Held;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Lease;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.storage.Storage;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
import java.util.TreeMap;
import java.util.TreeSet;

/**
 * The folder that a job leaves: written aside, {@code _RESULT.json} last, and renamed when it is
 * complete. A folder that is there already is the result of an earlier run: of the same identity,
 * it is taken as it is; of another one, it is left alone and the job is refused.
 */
final class ResultFolder {
  static final String RESULT = "_RESULT.json";
  private static final String IDENTITY = "identity";
  private static final String NOTHING = "(nothing)";

  private final String runId;
  private final SortedMap<String, String> identity;
  private final Path path;
  private final long startNanos = System.nanoTime();

  private ResultFolder(String runId, SortedMap<String, String> identity, Path path) {
    this.runId = runId;
    this.identity = identity;
    this.path = path;
  }

  static ResultFolder of(Job job, Recipe recipe) {
    Recipe named = recipe.named(job);
    SortedMap<String, String> identity = new TreeMap<>(recipe.identity(job).entries());
    identity.replaceAll((key, value) -> LocalCopy.isRemote(value) ? content(value) : value);
    return new ResultFolder(named.run().id().orElseThrow(), identity, named.output().folder());
  }

  /**
   * Tables and instructions stay in their store; what they hold decides the result all the same.
   */
  private static String content(String location) {
    return Storage.here().fingerprint(location);
  }

  /** Where a result is written on this machine that belongs into an object store. */
  static Path here(Recipe recipe, String location) {
    String id = recipe.run().id().orElseThrow();
    return LocalCopy.of(recipe.run().cache(), location, LocalCopy.Kind.RUN, id);
  }

  private boolean isRemote() {
    return LocalCopy.origin(path).isPresent();
  }

  /** What tables and results call a part of the folder. */
  String location(String part) {
    return LocalCopy.name(path.resolve(part));
  }

  String runId() {
    return runId;
  }

  Path path() {
    return path;
  }

  /**
   * What an earlier run of the same identity left here.
   *
   * @throws io.sparkpeft.base.SparkPeftException (78) with the differences, if it was of another
   *     identity
   */
  Optional<ObjectNode> finished() {
    Path file = path.resolve(RESULT);
    Optional<ObjectNode> result =
        isRemote()
            ? Storage.here().readJson(file)
            : Optional.of(file).filter(Files::exists).map(f -> (ObjectNode) Json.read(f));
    List<String> differences =
        result.map(there -> differences(there.path(IDENTITY))).orElse(List.of());
    if (!differences.isEmpty()) {
      throw ApiErrors.otherRun(path, runId, differences);
    }
    return result;
  }

  private List<String> differences(JsonNode there) {
    Set<String> keys = new TreeSet<>(identity.keySet());
    there.fieldNames().forEachRemaining(keys::add);
    List<String> differences = new ArrayList<>();
    for (String key : keys) {
      String now = identity.getOrDefault(key, NOTHING);
      String then = there.path(key).asText(NOTHING);
      if (!now.equals(then)) {
        differences.add(key + " is " + now + " and was " + then);
      }
    }
    return differences;
  }

  /**
   * Where the run keeps what an interrupted run needs to go on: beside its folder. In an object
   * store, where nothing can be renamed, it is the folder itself, incomplete without its last file.
   */
  Path work() {
    if (isRemote()) {
      return path.resolveSibling(path.getFileName() + "-work");
    }
    return path.resolveSibling("." + path.getFileName() + ".work");
  }

  /**
   * What the run's only driver holds.
   *
   * @throws io.sparkpeft.base.SparkPeftException (75) with its holder, if there is another driver
   */
  Held lease() {
    String what = "Run " + runId;
    if (isRemote()) {
      return Storage.here().lease(LocalCopy.name(path) + ".lease", what);
    }
    return Lease.take(path.resolveSibling("." + path.getFileName() + ".lease"), what);
  }

  SortedMap<String, String> identity() {
    return identity;
  }

  /**
   * Writes a file into a folder that is no run's: in the place of an earlier one, whole or not at
   * all, and in its object store if it belongs there.
   */
  void replace(String name, byte[] content) {
    Path aside = path.resolve("." + name + ".part");
    try {
      Files.createDirectories(path);
      try {
        Files.write(aside, content);
        Files.move(aside, path.resolve(name), StandardCopyOption.REPLACE_EXISTING);
      } finally {
        Files.deleteIfExists(aside);
      }
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(path.resolve(name), e);
    }
    Storage.here().publish(path, name);
  }

  /** Opens the folder aside. Closing it without {@link #commit} leaves nothing. */
  NewFolder begin() {
    if (isRemote()) {
      NewFolder.deleteTree(path);
    }
    return NewFolder.at(path);
  }

  /**
   * Writes {@code _RESULT.json} and lets the folder appear.
   *
   * @param keys what the job adds to the keys that all jobs have
   * @return the file's content
   */
  ObjectNode commit(NewFolder folder, ObjectNode keys) {
    return commit(folder, keys, List.of());
  }

  /**
   * The same for a job whose parts are ready in {@link #work}: they are moved into the folder once
   * nothing more is to be written, so that a full disk costs the result's file and not the parts.
   *
   * @param parts names of folders in {@link #work}
   */
  ObjectNode commit(NewFolder folder, ObjectNode keys, List<String> parts) {
    ObjectNode result = completed(keys);
    folder.write(RESULT, Json.canonicalBytes(result));
    if (isRemote()) {
      return publish(folder, result);
    }
    for (String part : parts) {
      try {
        Files.move(work().resolve(part), folder.path().resolve(part));
      } catch (IOException e) {
        throw BaseErrors.cannotWrite(path.resolve(part), e);
      }
    }
    folder.commit();
    return result;
  }

  /** Its parts are there already; the file that makes it complete follows. */
  private ObjectNode publish(NewFolder folder, ObjectNode result) {
    folder.commit();
    Storage.here().publishHeld(path, RESULT, LocalCopy.name(path) + ".lease");
    NewFolder.deleteTree(path);
    NewFolder.deleteTree(work());
    return result;
  }

  /**
   * Where an executor writes a part of the result: in the folder aside, or on its own machine, from
   * where it publishes the part itself.
   */
  Path place(NewFolder folder, String part) {
    return isRemote() ? work().resolve(part) : folder.path().resolve(part);
  }

  private ObjectNode completed(ObjectNode keys) {
    ObjectNode result =
        Json.object()
            .put("status", "succeeded")
            .put("exit_code", ExitCode.OK.number())
            .put("run_id", runId)
            .put("seconds", (System.nanoTime() - startNanos) / 1e9)
            .put("output_path", LocalCopy.name(path));
    result.setAll(keys);
    result.set(IDENTITY, Json.tree(identity));
    return result;
  }
}
