package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterFiles;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.LocalCopy;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.convert.Conversion;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.storage.Storage;
import io.sparkpeft.weights.ModelFolder;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;

/**
 * A checkpoint of Meta's or of Lit-GPT's to a folder in Hugging Face's or PEFT's layout, in this
 * process and without Spark or libtorch: values are moved, and stay as they are.
 */
public final class Converting {
  private Converting() {}

  /**
   * @param recipe its {@code model.path} is the checkpoint's folder
   * @param messages takes, line by line, what was found and how it gets on
   * @throws io.sparkpeft.base.SparkPeftException (66) if there is nothing to convert; (65) if a
   *     file is broken or asks for anything but tensors; (78) if the folder has several
   *     checkpoints, or one of a model that is not known here; (73) if the result cannot be written
   */
  public static Converted run(Recipe recipe, Consumer<String> messages) {
    ResultFolder result = ResultFolder.of(Job.CONVERT, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      messages.accept("It is in " + LocalCopy.name(result.path()) + " already.");
      return new Converted(finished.get(), true);
    }
    Path source = recipe.model().folder();
    Conversion conversion = Conversion.of(source, recipe.convert().wanted());
    messages.accept(found(source, conversion));
    conversion.remarks().forEach(messages);
    try (NewFolder folder = result.begin()) {
      Path target = created(result.place(folder, conversion.part()));
      conversion.write(target, messages);
      Storage.here(messages).publish(target, last(conversion));
      return new Converted(result.commit(folder, json(result, conversion)), false);
    }
  }

  private static String found(Path source, Conversion conversion) {
    return String.format(
        Locale.ROOT,
        "%s is %s, %s of %s: %d tensors, %.1f MB.",
        LocalCopy.name(source),
        conversion.format().key(),
        conversion.part().equals("model") ? "a model" : "an adapter",
        conversion.modelType(),
        conversion.tensors(),
        conversion.bytes() / 1e6);
  }

  /** The file without which a folder is none. */
  private static String last(Conversion conversion) {
    return conversion.part().equals("model") ? ModelFolder.CONFIG : AdapterFiles.CONFIG;
  }

  private static Path created(Path folder) {
    try {
      return Files.createDirectories(folder);
    } catch (IOException e) {
      throw BaseErrors.cannotWrite(folder, e);
    }
  }

  private static ObjectNode json(ResultFolder result, Conversion conversion) {
    ObjectNode json =
        Json.object()
            .put("format", conversion.format().key())
            .put("model_type", conversion.modelType())
            .put("tensors", conversion.tensors())
            .put("bytes", conversion.bytes())
            .put(conversion.part() + "_path", result.location(conversion.part()));
    json.set("remarks", Json.tree(conversion.remarks()));
    return json;
  }
}
