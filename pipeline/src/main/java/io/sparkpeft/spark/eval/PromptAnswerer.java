package io.sparkpeft.spark.eval;

import io.sparkpeft.model.GenerationSettings;
import io.sparkpeft.model.GenerationSettings.Stop;
import io.sparkpeft.model.Generator;
import io.sparkpeft.model.Prompt;
import io.sparkpeft.model.Sampling;
import io.sparkpeft.spark.TaskOutcome;
import io.sparkpeft.text.Example;
import io.sparkpeft.text.Labels;
import io.sparkpeft.text.PromptTemplate;
import io.sparkpeft.text.StopStrings;
import io.sparkpeft.text.Tokenizer;
import java.io.Serializable;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.Iterator;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * What a Spark task does with prompts: it answers them with the executor's model.
 *
 * @param template data.template's value
 * @param sampling at most one: an Optional does not travel
 */
record PromptAnswerer(
    ModelSpec spec,
    boolean raw,
    String template,
    int maxNewTokens,
    List<Sampling> sampling,
    StopStrings stop,
    int batchSize)
    implements Serializable {

  static PromptAnswerer of(GenerateSettings settings) {
    return new PromptAnswerer(
        ModelSpec.of(settings.model(), Optional.empty(), settings.dtype(), settings.quantization()),
        settings.raw(),
        settings.template(),
        settings.maxNewTokens(),
        settings.sampling().stream().toList(),
        settings.stop(),
        settings.batchSize());
  }

  /** The one outcome of a task that answers these prompts. */
  Iterator<TaskOutcome<List<Generation.Answer>>> outcome(Iterator<NumberedPrompt> prompts)
      throws Exception {
    return List.of(TaskOutcome.of(() -> answer(prompts))).iterator();
  }

  /** One answer per prompt, in order. */
  List<Generation.Answer> answer(Iterator<NumberedPrompt> prompts) {
    List<NumberedPrompt> all = new ArrayList<>();
    prompts.forEachRemaining(all::add);
    if (all.isEmpty()) {
      return List.of();
    }
    try (SharedModel shared = SharedModel.enter(spec);
        AdapterShelf shelf = new AdapterShelf(shared.model())) {
      return answer(shared.model(), shelf, all);
    }
  }

  /** The same with a model that is there. */
  List<Generation.Answer> answer(LoadedModel model, AdapterShelf shelf, List<NumberedPrompt> all) {
    // Each adapter is then loaded once, and let go after its last prompt.
    List<Integer> byAdapter =
        IntStream.range(0, all.size())
            .boxed()
            .sorted(Comparator.comparing(i -> all.get(i).question().adapter()))
            .toList();
    Generation.Answer[] answers = new Generation.Answer[all.size()];
    for (int from = 0; from < all.size(); from += batchSize) {
      List<Integer> batch = byAdapter.subList(from, Math.min(from + batchSize, all.size()));
      Iterator<Generation.Answer> next =
          answerBatch(model, shelf, batch.stream().map(all::get).toList()).iterator();
      batch.forEach(i -> answers[i] = next.next());
    }
    return Arrays.asList(answers);
  }

  private List<Generation.Answer> answerBatch(
      LoadedModel model, AdapterShelf shelf, List<NumberedPrompt> prompts) {
    shelf.have(prompts.stream().map(NumberedPrompt::question).toList());
    Tokenizer tokenizer = model.tokenizer();
    List<int[]> tokens = prompts.stream().map(prompt -> tokens(tokenizer, prompt.text())).toList();
    List<Prompt> asked = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      Optional<Path> folder = prompts.get(i).question().adapterFolder();
      asked.add(new Prompt(tokens.get(i), prompts.get(i).number(), shelf.adapter(folder)));
    }
    List<int[]> said = Generator.generate(model.decoder(), asked, settings(model));
    List<Generation.Answer> answers = new ArrayList<>();
    for (int i = 0; i < said.size(); i++) {
      String text = stop.cut(tokenizer.added(tokens.get(i), said.get(i)));
      answers.add(
          new Generation.Answer(
              prompts.get(i).text(),
              raw ? text : text.strip(),
              tokens.get(i).length,
              said.get(i).length));
    }
    return answers;
  }

  private GenerationSettings settings(LoadedModel model) {
    Stop ending =
        stop.isEmpty()
            ? Stop.NEVER
            : (prompt, said) -> stop.areIn(model.tokenizer().added(prompt, said));
    return new GenerationSettings(
        maxNewTokens,
        model.decoder().config().stopIds(model.tokenizer().eosId()),
        sampling.stream().findFirst(),
        ending);
  }

  private int[] tokens(Tokenizer tokenizer, String prompt) {
    if (raw) {
      return Labels.raw(tokenizer, prompt);
    }
    return Labels.prompt(tokenizer, template(tokenizer), Example.question(prompt));
  }

  PromptTemplate template(Tokenizer tokenizer) {
    return PromptTemplate.of(template, tokenizer.files());
  }
}
