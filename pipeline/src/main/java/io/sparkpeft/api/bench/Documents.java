package io.sparkpeft.api.bench;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import io.sparkpeft.base.BaseErrors;
import io.sparkpeft.base.Json;
import io.sparkpeft.data.DataOrder;
import io.sparkpeft.data.MicroBatching;
import io.sparkpeft.data.StepPlan;
import io.sparkpeft.data.TokenFile;
import io.sparkpeft.data.TokenFileWriter;
import io.sparkpeft.data.TokenizedExample;
import io.sparkpeft.model.DecoderConfig;
import io.sparkpeft.recipe.Recipe;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;
import java.util.stream.LongStream;

/**
 * What a benchmark trains on.
 *
 * @param origin in words
 */
record Documents(TokenFile file, String origin) {
  /** Alpaca's, by LLaMA's tokenizer: a template of 30 tokens and a log-normal instruction. */
  private static final int TEMPLATE_TOKENS = 30;

  private static final double INSTRUCTION_MEDIAN = 28;
  private static final double INSTRUCTION_SIGMA = 0.53;
  private static final double ANSWER_MEDIAN = 39;
  private static final double ANSWER_SIGMA = 1.1;

  /**
   * @param target where they are spooled
   */
  static Documents of(Recipe recipe, DecoderConfig config, Path target) {
    int maxLength = recipe.data().maxLength(config.maxPositionEmbeddings());
    return recipe
        .bench()
        .documentsFile()
        .map(source -> read(source, maxLength, target))
        .orElseGet(() -> drawn(recipe, config.vocabularySize(), maxLength, target));
  }

  private static Documents read(Path source, int maxLength, Path target) {
    List<TokenizedExample> kept = new ArrayList<>();
    int line = 0;
    for (String text : lines(source)) {
      TokenizedExample document = parse(source, ++line, text);
      if (document.tokens().length <= maxLength && document.targetCount() > 0) {
        kept.add(document);
      }
    }
    if (kept.isEmpty()) {
      throw BenchErrors.noDocuments(source, maxLength);
    }
    String origin =
        "%,d of %,d in %s (the others are longer than %d or without a target)"
            .formatted(kept.size(), line, source.getFileName(), maxLength);
    return spooled(kept, target, origin);
  }

  private static List<String> lines(Path source) {
    try {
      return Files.readAllLines(source);
    } catch (IOException e) {
      throw BaseErrors.cannotRead(source, e);
    }
  }

  private static TokenizedExample parse(Path source, int line, String text) {
    JsonNode node;
    try {
      node = Json.parse(text);
    } catch (JsonProcessingException e) {
      throw BenchErrors.brokenDocument(source, line, e.getOriginalMessage() + ".");
    }
    JsonNode ids = node.path("tokens");
    JsonNode prompt = node.path("prompt_tokens");
    if (!ids.isArray() || ids.isEmpty() || !prompt.isInt() || prompt.asInt() < 0) {
      throw BenchErrors.brokenDocument(source, line, "It lacks tokens or prompt_tokens.");
    }
    int[] tokens = new int[ids.size()];
    Arrays.setAll(tokens, i -> ids.get(i).asInt(-1));
    return document(tokens, prompt.asInt());
  }

  /** As many as the steps take. */
  private static Documents drawn(Recipe recipe, int vocabulary, int maxLength, Path target) {
    int count = Math.multiplyExact(recipe.bench().allSteps(), recipe.train().globalBatchSize());
    Random random = new Random(recipe.train().seed());
    List<TokenizedExample> documents = new ArrayList<>(count);
    for (int i = 0; i < count; i++) {
      int prompt = TEMPLATE_TOKENS + logNormal(random, INSTRUCTION_MEDIAN, INSTRUCTION_SIGMA);
      int answer = logNormal(random, ANSWER_MEDIAN, ANSWER_SIGMA);
      int shownPrompt = Math.min(prompt, maxLength - 1);
      int[] tokens = new int[Math.min(shownPrompt + answer, maxLength)];
      Arrays.setAll(tokens, j -> random.nextInt(vocabulary));
      documents.add(document(tokens, shownPrompt));
    }
    String origin =
        "%,d drawn by seed %d, of Alpaca's lengths: prompt %d + LogNormal(ln %.0f, %.2f) tokens,"
                .formatted(
                    count,
                    recipe.train().seed(),
                    TEMPLATE_TOKENS,
                    INSTRUCTION_MEDIAN,
                    INSTRUCTION_SIGMA)
            + " answer LogNormal(ln %.0f, %.2f), cut at %d"
                .formatted(ANSWER_MEDIAN, ANSWER_SIGMA, maxLength);
    return spooled(documents, target, origin);
  }

  private static int logNormal(Random random, double median, double sigma) {
    return 1 + (int) (median * StrictMath.exp(sigma * random.nextGaussian()));
  }

  /** The first token is never a target: nothing stands before it. */
  private static TokenizedExample document(int[] tokens, int promptTokens) {
    boolean[] targets = new boolean[tokens.length];
    int from = Math.min(Math.max(1, promptTokens), tokens.length);
    Arrays.fill(targets, from, tokens.length, true);
    return new TokenizedExample(tokens, targets);
  }

  private static Documents spooled(List<TokenizedExample> documents, Path target, String origin) {
    try (TokenFileWriter writer = TokenFileWriter.create(target)) {
      for (int i = 0; i < documents.size(); i++) {
        writer.add(i, documents.get(i));
      }
      writer.commit();
    }
    return new Documents(TokenFile.open(target), origin);
  }

  /** Tokens of each document of the steps from one (counted from 0) to before another. */
  int[] lengths(Recipe recipe, int from, int to) {
    return indexes(recipe, from, to).mapToInt(i -> file.tokenCount((int) i)).toArray();
  }

  /** Tokens of a mean micro-batch of the steps. */
  int rows(Recipe recipe, MicroBatching batching, int from, int to) {
    long microBatches = 0;
    for (int step = from; step < to; step++) {
      microBatches += batching.split(lengths(recipe, step, step + 1)).size();
    }
    long tokens = Arrays.stream(lengths(recipe, from, to)).asLongStream().sum();
    return (int) Math.max(1, Math.round((double) tokens / microBatches));
  }

  long targetTokens(Recipe recipe, int from, int to) {
    return indexes(recipe, from, to).map(i -> file.targetCount((int) i)).sum();
  }

  private LongStream indexes(Recipe recipe, int from, int to) {
    DataOrder order = new DataOrder(recipe.train().seed(), file.size());
    StepPlan plan = new StepPlan(file.size(), recipe.train().globalBatchSize());
    return LongStream.range(from, to)
        .flatMap(step -> Arrays.stream(plan.positions(step)))
        .map(order::sample);
  }
}
