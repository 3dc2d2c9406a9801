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
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Iterator;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;

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
        ModelSpec.of(
            settings.model(), settings.adapter(), settings.dtype(), settings.quantization()),
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
    List<NumberedPrompt> texts = new ArrayList<>();
    prompts.forEachRemaining(texts::add);
    List<Generation.Answer> answers = new ArrayList<>();
    if (texts.isEmpty()) {
      return answers;
    }
    try (SharedModel shared = SharedModel.enter(spec)) {
      for (int from = 0; from < texts.size(); from += batchSize) {
        int to = Math.min(from + batchSize, texts.size());
        answers.addAll(answer(shared.model(), texts.subList(from, to)));
      }
    }
    return answers;
  }

  private List<Generation.Answer> answer(LoadedModel model, List<NumberedPrompt> prompts) {
    Tokenizer tokenizer = model.tokenizer();
    List<int[]> tokens = prompts.stream().map(prompt -> tokens(tokenizer, prompt.text())).toList();
    List<Prompt> asked = new ArrayList<>();
    for (int i = 0; i < tokens.size(); i++) {
      asked.add(new Prompt(tokens.get(i), prompts.get(i).number(), model.adapter()));
    }
    List<int[]> said = Generator.generate(model.decoder(), asked, settings(model));
    List<Generation.Answer> answers = new ArrayList<>();
    for (int i = 0; i < said.size(); i++) {
      String text = stop.cut(added(tokenizer, tokens.get(i), said.get(i)));
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
            : (prompt, said) -> stop.areIn(added(model.tokenizer(), prompt, said));
    return new GenerationSettings(
        maxNewTokens, stopIds(model), sampling.stream().findFirst(), ending);
  }

  private int[] tokens(Tokenizer tokenizer, String prompt) {
    if (raw) {
      return Labels.raw(tokenizer, prompt);
    }
    PromptTemplate rendering = PromptTemplate.of(template, tokenizer.files());
    return Labels.prompt(tokenizer, rendering, Example.question(prompt));
  }

  /** What the new tokens add to the prompt's text; alone, some tokenizers lose a leading blank. */
  private static String added(Tokenizer tokenizer, int[] prompt, int[] said) {
    int[] whole = Arrays.copyOf(prompt, prompt.length + said.length);
    System.arraycopy(said, 0, whole, prompt.length, said.length);
    String before = tokenizer.decode(prompt, true);
    String all = tokenizer.decode(whole, true);
    return all.startsWith(before) ? all.substring(before.length()) : tokenizer.decode(said, true);
  }

  private static Set<Integer> stopIds(LoadedModel model) {
    Set<Integer> ids = new TreeSet<>(model.decoder().config().eosIds());
    model.tokenizer().eosId().ifPresent(ids::add);
    return ids;
  }
}
