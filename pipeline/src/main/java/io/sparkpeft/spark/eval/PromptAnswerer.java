package io.sparkpeft.spark.eval;

import io.sparkpeft.model.GenerationSettings;
import io.sparkpeft.model.Generator;
import io.sparkpeft.spark.TaskOutcome;
import io.sparkpeft.text.Example;
import io.sparkpeft.text.Labels;
import io.sparkpeft.text.PromptTemplate;
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
 */
record PromptAnswerer(ModelSpec spec, boolean raw, String template, int maxNewTokens, int batchSize)
    implements Serializable {

  static PromptAnswerer of(GenerateSettings settings) {
    return new PromptAnswerer(
        ModelSpec.of(settings.model(), settings.adapter(), settings.dtype()),
        settings.raw(),
        settings.template(),
        settings.maxNewTokens(),
        settings.batchSize());
  }

  /** The one outcome of a task that answers these prompts. */
  Iterator<TaskOutcome<List<Generation.Answer>>> outcome(Iterator<String> prompts)
      throws Exception {
    return List.of(TaskOutcome.of(() -> answer(prompts))).iterator();
  }

  /** One answer per prompt, in order. */
  List<Generation.Answer> answer(Iterator<String> prompts) {
    List<String> texts = new ArrayList<>();
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

  private List<Generation.Answer> answer(LoadedModel model, List<String> prompts) {
    Tokenizer tokenizer = model.tokenizer();
    List<int[]> tokens = prompts.stream().map(prompt -> tokens(tokenizer, prompt)).toList();
    List<int[]> said =
        Generator.generate(
            model.decoder(),
            model.adapter(),
            tokens,
            new GenerationSettings(maxNewTokens, stopIds(model)));
    List<Generation.Answer> answers = new ArrayList<>();
    for (int i = 0; i < said.size(); i++) {
      String text = text(tokenizer, tokens.get(i), said.get(i));
      answers.add(
          new Generation.Answer(prompts.get(i), text, tokens.get(i).length, said.get(i).length));
    }
    return answers;
  }

  private int[] tokens(Tokenizer tokenizer, String prompt) {
    if (raw) {
      return Labels.raw(tokenizer, prompt);
    }
    PromptTemplate rendering = PromptTemplate.of(template, tokenizer.files());
    return Labels.prompt(tokenizer, rendering, Example.question(prompt));
  }

  /** What the new tokens add to the prompt's text; alone, some tokenizers lose a leading blank. */
  private String text(Tokenizer tokenizer, int[] prompt, int[] said) {
    int[] whole = Arrays.copyOf(prompt, prompt.length + said.length);
    System.arraycopy(said, 0, whole, prompt.length, said.length);
    String before = tokenizer.decode(prompt, true);
    String all = tokenizer.decode(whole, true);
    String added =
        all.startsWith(before) ? all.substring(before.length()) : tokenizer.decode(said, true);
    return raw ? added : added.strip();
  }

  private static Set<Integer> stopIds(LoadedModel model) {
    Set<Integer> ids = new TreeSet<>(model.decoder().config().eosIds());
    model.tokenizer().eosId().ifPresent(ids::add);
    return ids;
  }
}
