package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.hub.Hub;
import io.sparkpeft.hub.HubDownload;
import io.sparkpeft.hub.Patterns;
import io.sparkpeft.recipe.DownloadSection;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Consumer;
import java.util.stream.Stream;

/** A repository of a hub to a folder, without Spark. Nothing else ever downloads anything. */
public final class Downloading {
  private Downloading() {}

  /**
   * What was broken off is gone on with when it is started again.
   *
   * @param environment with {@code HF_ENDPOINT} and {@code HF_TOKEN}, if they are set
   * @param messages takes, line by line, how it gets on
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is no such repository, revision or
   *     file; (65) if a file's hash is wrong; (73) if it cannot be written; (75) if the hub cannot
   *     be reached
   */
  public static Downloaded run(
      Recipe recipe, Map<String, String> environment, Consumer<String> messages) {
    ResultFolder result = ResultFolder.of(Job.DOWNLOAD, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("It is in " + LocalCopy.name(result.path()) + " already.");
      return new Downloaded(finished.get(), true);
    }
    DownloadSection settings = recipe.download();
    HubDownload.Result got =
        new HubDownload(
                Hub.of(environment),
                settings.repository(),
                new Patterns(settings.allowPatterns(), settings.ignorePatterns()),
                messages)
            .into(result.work());
    Storage.here(messages).publish(result.work(), ModelFolder.CONFIG);
    try (NewFolder folder = result.begin()) {
      ObjectNode json = result.commit(folder, json(settings, got), names(result.work()));
      NewFolder.deleteTree(result.work());
      return new Downloaded(json, false);
    }
  }

  private static ObjectNode json(DownloadSection settings, HubDownload.Result got) {
    return Json.object()
        .put("repo_id", settings.repository().id())
        .put("revision", settings.revision())
        .put("commit", got.commit())
        .put("files", got.files().size())
        .put("bytes", got.bytes())
        .put("bytes_transferred", got.transferred());
  }

  private static List<String> names(Path folder) {
    try (Stream<Path> inside = Files.list(folder)) {
      return inside.map(path -> path.getFileName().toString()).sorted().toList();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(folder, e);
    }
  }
}
