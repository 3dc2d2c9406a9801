package io.sparkpeft.api;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.ExitCode;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.Lease;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;
import java.util.SortedMap;
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
    Path path = Path.of(named.output().path().orElseThrow()).toAbsolutePath().normalize();
    return new ResultFolder(named.run().id().orElseThrow(), recipe.identity(job).entries(), path);
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
    if (!Files.exists(path.resolve(RESULT))) {
      return Optional.empty();
    }
    ObjectNode result = (ObjectNode) Json.read(path.resolve(RESULT));
    List<String> differences = differences(result.path(IDENTITY));
    if (!differences.isEmpty()) {
      throw ApiErrors.otherRun(path, runId, differences);
    }
    return Optional.of(result);
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

  /** Where the run keeps what an interrupted run needs to go on: beside its folder. */
  Path work() {
    return path.resolveSibling("." + path.getFileName() + ".work");
  }

  /**
   * What the run's only driver holds.
   *
   * @throws io.sparkpeft.base.SparkPeftException (75) with its holder, if there is another driver
   */
  Lease lease() {
    return Lease.take(path.resolveSibling("." + path.getFileName() + ".lease"), "Run " + runId);
  }

  SortedMap<String, String> identity() {
    return identity;
  }

  /** Opens the folder aside. Closing it without {@link #commit} leaves nothing. */
  NewFolder begin() {
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

  private ObjectNode completed(ObjectNode keys) {
    ObjectNode result =
        Json.object()
            .put("status", "succeeded")
            .put("exit_code", ExitCode.OK.number())
            .put("run_id", runId)
            .put("seconds", (System.nanoTime() - startNanos) / 1e9)
            .put("output_path", path.toString());
    result.setAll(keys);
    result.set(IDENTITY, Json.tree(identity));
    return result;
  }
}
