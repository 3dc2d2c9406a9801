package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.adapter.AdapterProvenance;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.GenerateSection;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.eval.GenerateSettings;
import io.sparkpeft.spark.eval.Generation;
import io.sparkpeft.text.PromptTemplate;
import io.sparkpeft.text.StopStrings;
import io.sparkpeft.text.TokenizerFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Consumer;
import org.apache.spark.sql.Dataset;
import org.apache.spark.sql.Encoders;
import org.apache.spark.sql.SparkSession;

/** Prompts to answers. */
record Generating(SparkSession session, Consumer<String> messages) {
  private static final String COLUMN = "prompt";

  Generated run(Recipe recipe) {
    ResultFolder result = ResultFolder.of(Job.GENERATE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      return new Generated(finished.get(), true);
    }
    GenerateSettings settings = settings(recipe);
    List<String> prompts = prompts(recipe.generate());
    if (!settings.raw()) {
      requireTemplateOfAdapter(settings);
    }
    try (NewFolder folder = result.begin()) {
      ObjectNode keys = json(Generation.answer(session, settings, prompts));
      return new Generated(result.commit(folder, keys), false);
    }
  }

  private static GenerateSettings settings(Recipe recipe) {
    return new GenerateSettings(
        recipe.model().folder(),
        recipe.adapter().folder(),
        recipe.model().dtype().name().toLowerCase(Locale.ROOT),
        recipe.base().quantization(),
        recipe.generate().raw(),
        recipe.data().template(),
        recipe.generate().maxNewTokens(),
        recipe.sampling(),
        new StopStrings(recipe.generate().stopStrings()),
        recipe.generate().batchSize());
  }

  private List<String> prompts(GenerateSection generate) {
    if (generate.prompt().isPresent()) {
      return List.of(generate.prompt().get());
    }
    String source = generate.prompts().orElseThrow(ApiErrors::noPrompts);
    Path file = Path.of(source);
    if (!Files.isRegularFile(file)) {
      boolean delta = Files.isDirectory(file.resolve("_delta_log"));
      Dataset<String> column =
          session
              .read()
              .format(delta || source.contains("://") ? "delta" : "parquet")
              .load(source)
              .select(COLUMN)
              .as(Encoders.STRING());
      return column.collectAsList();
    }
    try {
      return Files.readAllLines(file).stream().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(file, e);
    }
  }

  /** An adapter of ours says which template it was trained with; another one spoils its answers. */
  private static void requireTemplateOfAdapter(GenerateSettings settings) {
    Optional<String> trained =
        settings
            .adapter()
            .flatMap(AdapterProvenance::read)
            .flatMap(AdapterProvenance::templateSha256);
    PromptTemplate template =
        PromptTemplate.of(settings.template(), TokenizerFiles.read(settings.model()));
    if (trained.isPresent() && !trained.get().equals(template.sha256())) {
      throw ApiErrors.otherTemplate(trained.get(), "data.template = " + settings.template());
    }
  }

  private static ObjectNode json(List<Generation.Answer> answers) {
    ObjectNode json = Json.object();
    ArrayNode array = json.putArray("answers");
    int tokens = 0;
    for (Generation.Answer answer : answers) {
      array
          .addObject()
          .put("prompt", answer.prompt())
          .put("answer", answer.answer())
          .put("prompt_tokens", answer.promptTokens())
          .put("answer_tokens", answer.answerTokens());
      tokens += answer.answerTokens();
    }
    return json.put("answer_tokens", tokens);
  }
}
