package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.AttentionKernels;
import io.sparkpeft.tensor.HeadKernels;
import io.sparkpeft.tensor.SamplingKernels;
import io.sparkpeft.tensor.Tensors;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/**
 * Continues prompts, token by token, with a cache of keys and values. An answer that has ended
 * leaves its batch.
 */
public final class Generator {
  /** Prompts that are continued together. */
  private static final int BATCH_ROWS = 16;

  private final Decoder decoder;
  private final GenerationSettings settings;

  private Generator(Decoder decoder, GenerationSettings settings) {
    this.decoder = decoder;
    this.settings = settings;
  }

  /**
   * The continuation of a prompt.
   *
   * @return the new tokens alone, without the stop token; fewer than asked where the model's
   *     context ends
   * @throws io.sparkpeft.base.SparkPeftException (65) if the prompt is empty or longer than the
   *     model's context
   */
  public static int[] generate(
      Decoder decoder, Optional<Adapter> adapter, int[] prompt, GenerationSettings settings) {
    return generate(decoder, adapter, List.of(prompt), settings).get(0);
  }

  /**
   * The same for several prompts of any lengths at once, answers in the prompts' order. Where
   * chance decides, the prompts are numbered from 0.
   */
  public static List<int[]> generate(
      Decoder decoder,
      Optional<Adapter> adapter,
      List<int[]> prompts,
      GenerationSettings settings) {
    return generate(
        decoder,
        IntStream.range(0, prompts.size())
            .mapToObj(i -> new Prompt(prompts.get(i), i, adapter))
            .toList(),
        settings);
  }

  /** The same with an adapter for each of them: different ones are mixed within a batch. */
  public static List<int[]> generate(
      Decoder decoder, List<Prompt> prompts, GenerationSettings settings) {
    Generator generator = new Generator(decoder, settings);
    List<Answer> answers = prompts.stream().map(generator::begin).toList();
    AdapterOrder order = AdapterOrder.of(prompts.stream().map(Prompt::adapter).toList());
    for (List<Integer> group : order.together()) {
      List<Integer> texts = order.sorted(group);
      for (int from = 0; from < texts.size(); from += BATCH_ROWS) {
        List<Integer> batch = texts.subList(from, Math.min(from + BATCH_ROWS, texts.size()));
        generator.complete(batch.stream().map(answers::get).filter(Answer::isOpen).toList());
      }
    }
    return answers.stream().map(Answer::tokens).toList();
  }

  /**
   * The same for one prompt that may begin as the last one and its answer did.
   *
   * @param cache of the same decoder; what this prompt and its answer leave takes its place
   */
  public static int[] generate(
      Decoder decoder, Prompt prompt, GenerationSettings settings, PromptCache cache) {
    Generator generator = new Generator(decoder, settings);
    Answer answer = generator.begin(prompt);
    if (answer.isOpen()) {
      generator.complete(answer, cache);
    }
    return answer.tokens();
  }

  private Answer begin(Prompt prompt) {
    if (prompt.tokens().length == 0) {
      throw ModelErrors.emptyPrompt();
    }
    decoder.checkLength(prompt.adapter(), prompt.tokens().length);
    return new Answer(prompt, settings, decoder.config());
  }

  private void complete(List<Answer> answers) {
    if (answers.isEmpty()) {
      return;
    }
    try (NDManager scope = decoder.newScope()) {
      KvCache cache = newCache(scope, answers);
      accept(answers, first(scope, answers, cache));
      goOn(scope, answers, cache);
    }
  }

  private void complete(Answer answer, PromptCache known) {
    List<Answer> alone = List.of(answer);
    NDManager scope = decoder.newScope();
    try {
      KvCache cache = newCache(scope, alone);
      accept(alone, rest(scope, answer, known, cache));
      goOn(scope, alone, cache);
      known.keep(scope, answer, cache);
    } catch (RuntimeException e) {
      scope.close();
      throw e;
    }
  }

  private void goOn(NDManager scope, List<Answer> answers, KvCache begun) {
    List<Answer> open = answers;
    KvCache cache = begun;
    while (open.stream().anyMatch(Answer::isOpen)) {
      if (!open.stream().allMatch(Answer::isOpen)) {
        cache = cache.keep(scope, openRows(open));
        open = open.stream().filter(Answer::isOpen).toList();
      }
      boolean outgrown = open.stream().anyMatch(Answer::outgrowsItsPositions);
      accept(open, outgrown ? first(scope, open, cache) : following(scope, open, cache));
    }
  }

  private KvCache newCache(NDManager scope, List<Answer> answers) {
    int longest = answers.stream().mapToInt(answer -> answer.text().length).max().orElseThrow();
    long tokens = (long) longest + settings.maxNewTokens() + virtualTokens(answers);
    NDArray like = Tensors.empty(scope, decoder.arithmetic().compute(), 1);
    return KvCache.empty(
        scope,
        decoder.config(),
        like,
        answers.size(),
        Math.min(tokens, decoder.config().contextLength()));
  }

  /** The same before all texts of a batch. */
  private static int virtualTokens(List<Answer> answers) {
    return Decoder.virtualTokens(answers.get(0).adapter());
  }

  private static List<Optional<Adapter>> adapters(List<Answer> answers) {
    return answers.stream().map(Answer::adapter).toList();
  }

  private static long[] openRows(List<Answer> answers) {
    return IntStream.range(0, answers.size())
        .filter(row -> answers.get(row).isOpen())
        .asLongStream()
        .toArray();
  }

  private static void accept(List<Answer> answers, long[] tokens) {
    for (int row = 0; row < tokens.length; row++) {
      answers.get(row).accept(Math.toIntExact(tokens[row]));
    }
  }

  /** The tokens after the texts, all of which are read at once. */
  private long[] first(NDManager parent, List<Answer> answers, KvCache cache) {
    try (NDManager scope = parent.newSubManager()) {
      List<int[]> texts = answers.stream().map(Answer::text).toList();
      PrefixTree tree = PrefixTree.of(texts, adapters(answers), decoder.config());
      return read(decoder.pass(scope, tree), tree, answers, cache);
    }
  }

  /** The token after a text, of which what is known already is not read again. */
  private long[] rest(NDManager parent, Answer answer, PromptCache known, KvCache cache) {
    int shared = known.shared(decoder, answer.prompt());
    if (shared == 0) {
      return first(parent, List.of(answer), cache);
    }
    try (NDManager scope = parent.newSubManager()) {
      int[] text = answer.text();
      List<int[]> rest = List.of(Arrays.copyOfRange(text, shared, text.length));
      PrefixTree tree = PrefixTree.of(rest, List.of(answer.adapter()), decoder.config());
      Pass pass = decoder.restOfText(scope, tree, shared, known.before(scope, shared));
      return read(pass, tree, List.of(answer), cache);
    }
  }

  /** Reads texts into the cache, with all that stands before them. */
  private long[] read(Pass pass, PrefixTree texts, List<Answer> answers, KvCache cache) {
    WantedRows wanted = WantedRows.of(texts.lastRows());
    Pass wanting = pass.wanting(wanted);
    NDArray x = decoder.embed(pass, texts.tokens());
    for (int layer = 0; layer < decoder.layers().size(); layer++) {
      x = read(decoder.through(layer, wanting), x, layer, texts, cache.layers().get(layer));
    }
    return next(wanting.behindAttention(), answers, x, wanted.places(texts.lastRows()));
  }

  /** A layer's output; all else that it made is let go, and so is its input. */
  private NDArray read(Pass pass, NDArray x, int layer, PrefixTree texts, KvCache.Layer cache) {
    long before = pass.past(layer).map(Past::tokens).orElse(0L);
    long[] seen = Arrays.stream(texts.documents().ends()).map(end -> before + end).toArray();
    try (x;
        NDManager scope = pass.scope().newSubManager()) {
      DecoderLayer made = decoder.layers().get(layer);
      Pass inner = pass.in(scope);
      DecoderLayer.Saved saved = made.forward(inner, x);
      AttentionKernels.Heads heads = made.attention().heads(inner, saved.attention());
      AttentionKernels.fillCache(cache.keys(), heads.k(), seen, texts.lastParts());
      AttentionKernels.fillCache(cache.values(), heads.v(), seen, texts.lastParts());
      NDArray y = saved.output();
      y.attach(pass.scope());
      return y;
    }
  }

  /** The tokens after those just accepted. */
  private long[] following(NDManager parent, List<Answer> answers, KvCache cache) {
    try (NDManager scope = parent.newSubManager()) {
      long[] positions = answers.stream().mapToLong(Answer::lastPosition).toArray();
      long seen = LongStream.of(positions).max().orElseThrow() + 1 + virtualTokens(answers);
      KvCache used = cache.first(scope, seen);
      Pass pass = decoder.nextTokens(scope, adapters(answers), positions);
      NDArray x = decoder.embed(pass, answers.stream().mapToInt(Answer::lastToken).toArray());
      for (int i = 0; i < decoder.layers().size(); i++) {
        x = decoder.layers().get(i).forwardCached(pass, x, used.layers().get(i));
      }
      return next(pass, answers, x, LongStream.range(0, answers.size()).toArray());
    }
  }

  /** The likeliest tokens, or those that chance chooses. */
  private long[] next(Pass pass, List<Answer> answers, NDArray x, long[] rows) {
    NDArray logits = decoder.head().logits(pass, x, rows);
    if (settings.sampling().isEmpty()) {
      return HeadKernels.greedy(pass.scope(), logits).toLongArray();
    }
    Sampling sampling = settings.sampling().get();
    long[] chances = answers.stream().mapToLong(answer -> answer.chance(sampling)).toArray();
    NDArray numbers = Tensors.fromLongs(pass.scope(), chances, chances.length);
    return SamplingKernels.sample(pass.scope(), logits, numbers, sampling.form()).toLongArray();
  }
}
