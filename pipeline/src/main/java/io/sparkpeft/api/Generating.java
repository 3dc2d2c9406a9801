package io.sparkpeft.api;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.base.NewFolder;
import io.sparkpeft.recipe.GenerateSection;
import io.sparkpeft.recipe.Job;
import io.sparkpeft.recipe.Recipe;
import io.sparkpeft.spark.eval.AdapterNames;
import io.sparkpeft.spark.eval.GenerateSettings;
import io.sparkpeft.spark.eval.Generation;
import io.sparkpeft.spark.eval.Question;
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
import org.apache.spark.sql.Row;
import org.apache.spark.sql.SparkSession;

/** Prompts to answers. */
record Generating(SparkSession session, Consumer<String> messages) {
  private static final String COLUMN = "prompt";

  /** A question, and what its row says of the adapter, if there are such rows. */
  private record Asked(Question question, Optional<String> name) {}

  Generated run(Recipe recipe) {
    ResultFolder result = ResultFolder.of(Job.GENERATE, recipe);
    Optional<ObjectNode> finished = result.finished();
    if (finished.isPresent()) {
      return new Generated(finished.get(), true);
    }
    GenerateSettings settings = settings(recipe);
    List<Asked> asked = asked(recipe.generate(), settings);
    if (!settings.raw()) {
      PromptTemplate template =
          PromptTemplate.of(settings.template(), TokenizerFiles.read(settings.model()));
      asked.stream()
          .flatMap(one -> one.question().adapterFolder().stream())
          .distinct()
          .forEach(adapter -> TemplateAgreement.require(adapter, template));
    }
    try (NewFolder folder = result.begin()) {
      List<Question> questions = asked.stream().map(Asked::question).toList();
      ObjectNode keys = json(asked, Generation.answerAll(session, settings, questions));
      return new Generated(result.commit(folder, keys), false);
    }
  }

  /** The rows of a table with the answers to one of their columns. */
  Dataset<Row> answer(Recipe recipe, Dataset<Row> rows, String column) {
    return Generation.answerColumn(session, settings(recipe), rows, column);
  }

  static GenerateSettings settings(Recipe recipe) {
    return new GenerateSettings(
        recipe.model().folder(),
        recipe.adapter().folder(),
        recipe.generate().adapterColumn(),
        recipe.model().dtype().name().toLowerCase(Locale.ROOT),
        recipe.base().quantization(),
        recipe.generate().raw(),
        recipe.data().template(),
        recipe.generate().maxNewTokens(),
        recipe.sampling(),
        new StopStrings(recipe.generate().stopStrings()),
        recipe.generate().batchSize());
  }

  private List<Asked> asked(GenerateSection generate, GenerateSettings settings) {
    if (generate.adapterColumn().isPresent()) {
      return askedByRow(generate, settings, generate.adapterColumn().get());
    }
    return prompts(generate).stream()
        .map(prompt -> new Asked(Question.of(prompt, settings.adapter()), Optional.empty()))
        .toList();
  }

  private List<Asked> askedByRow(
      GenerateSection generate, GenerateSettings settings, String adapterColumn) {
    String source = generate.prompts().filter(prompts -> !isText(prompts)).orElse("");
    if (generate.prompt().isPresent() || source.isEmpty()) {
      throw ApiErrors.noTableOfPrompts(adapterColumn);
    }
    AdapterNames names = AdapterNames.in(settings.adapter());
    return table(source).select(COLUMN, adapterColumn).collectAsList().stream()
        .map(
            row ->
                new Asked(
                    names.question(row.getString(0), row.getString(1)),
                    Optional.of(row.getString(1))))
        .toList();
  }

  private List<String> prompts(GenerateSection generate) {
    if (generate.prompt().isPresent()) {
      return List.of(generate.prompt().get());
    }
    String source = generate.prompts().orElseThrow(ApiErrors::noPrompts);
    if (!isText(source)) {
      return table(source).select(COLUMN).as(Encoders.STRING()).collectAsList();
    }
    try {
      return Files.readAllLines(Path.of(source)).stream().filter(line -> !line.isBlank()).toList();
    } catch (IOException e) {
      throw BaseErrors.cannotRead(Path.of(source), e);
    }
  }

  private static boolean isText(String source) {
    return Files.isRegularFile(Path.of(source));
  }

  private Dataset<Row> table(String source) {
    boolean delta = source.contains("://") || Files.isDirectory(Path.of(source, "_delta_log"));
    return session.read().format(delta ? "delta" : "parquet").load(source);
  }

  private static ObjectNode json(List<Asked> asked, List<Generation.Answer> answers) {
    ObjectNode json = Json.object();
    ArrayNode array = json.putArray("answers");
    int tokens = 0;
    for (int i = 0; i < answers.size(); i++) {
      Generation.Answer answer = answers.get(i);
      ObjectNode node = array.addObject().put("prompt", answer.prompt());
      asked.get(i).name().ifPresent(name -> node.put("adapter", name));
      node.put("answer", answer.answer())
          .put("prompt_tokens", answer.promptTokens())
          .put("answer_tokens", answer.answerTokens());
      tokens += answer.answerTokens();
    }
    return json.put("answer_tokens", tokens);
  }
}
