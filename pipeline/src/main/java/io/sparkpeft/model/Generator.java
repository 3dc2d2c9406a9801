package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.Adapter;
import io.sparkpeft.tensor.AttentionKernels;
import io.sparkpeft.tensor.HeadKernels;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;
import java.util.stream.LongStream;

/** Continues prompts, token by token, with a cache of keys and values. */
public final class Generator {
  /** Prompts that are continued together. */
  private static final int BATCH_ROWS = 16;

  private final Decoder decoder;
  private final Optional<Adapter> adapter;
  private final GenerationSettings settings;

  private Generator(Decoder decoder, Optional<Adapter> adapter, GenerationSettings settings) {
    this.decoder = decoder;
    this.adapter = adapter;
    this.settings = settings;
  }

  /**
   * The most likely continuation of a prompt, token by token.
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

  /** The same for several prompts of any lengths at once, answers in the prompts' order. */
  public static List<int[]> generate(
      Decoder decoder,
      Optional<Adapter> adapter,
      List<int[]> prompts,
      GenerationSettings settings) {
    Generator generator = new Generator(decoder, adapter, settings);
    List<int[]> answers = new ArrayList<>();
    for (int from = 0; from < prompts.size(); from += BATCH_ROWS) {
      int to = Math.min(from + BATCH_ROWS, prompts.size());
      answers.addAll(generator.continueAll(prompts.subList(from, to)));
    }
    return answers;
  }

  private List<int[]> continueAll(List<int[]> prompts) {
    prompts.forEach(this::check);
    List<Answer> answers = prompts.stream().map(Answer::new).toList();
    try (NDManager scope = decoder.newScope()) {
      int longest = Documents.of(prompts).longest();
      long positions =
          Math.min((long) longest + settings.maxNewTokens(), decoder.config().contextLength());
      KvCache cache = newCache(scope, prompts.size(), positions);
      long[] next = first(scope, prompts, cache);
      while (accept(answers, next)) {
        next =
            answers.stream().anyMatch(Answer::outgrowsItsPositions)
                ? first(scope, answers.stream().map(Answer::text).toList(), cache)
                : following(scope, answers, next, cache);
      }
    }
    return answers.stream().map(Answer::tokens).toList();
  }

  private void check(int[] prompt) {
    if (prompt.length == 0) {
      throw ModelErrors.emptyPrompt();
    }
    decoder.checkLength(prompt.length);
  }

  private KvCache newCache(NDManager scope, int rows, long positions) {
    DecoderConfig.Attention shape = decoder.config().attention();
    NDArray like = decoder.head().projection().weight();
    List<KvCache.Layer> layers = new ArrayList<>();
    for (int i = 0; i < decoder.config().layers(); i++) {
      layers.add(
          new KvCache.Layer(
              AttentionKernels.emptyCache(
                  scope, like, rows, shape.kvHeads(), positions, shape.headDim()),
              AttentionKernels.emptyCache(
                  scope, like, rows, shape.kvHeads(), positions, shape.headDim())));
    }
    return new KvCache(layers);
  }

  /** The tokens after the texts, all of which are read at once. */
  private long[] first(NDManager parent, List<int[]> texts, KvCache cache) {
    try (NDManager scope = parent.newSubManager()) {
      Documents documents = Documents.of(texts);
      Pass pass = decoder.pass(scope, adapter, documents);
      NDArray x = decoder.embed(pass, Documents.joined(texts));
      for (int i = 0; i < decoder.layers().size(); i++) {
        DecoderLayer.Saved saved = decoder.layers().get(i).forward(pass, x);
        AttentionKernels.Heads heads = saved.attention().heads();
        AttentionKernels.fillCache(cache.layers().get(i).keys(), heads.k(), documents.lengths());
        AttentionKernels.fillCache(cache.layers().get(i).values(), heads.v(), documents.lengths());
        x = saved.output();
      }
      return greedy(pass, x, documents.lastRows());
    }
  }

  /** The tokens after those just accepted. */
  private long[] following(NDManager parent, List<Answer> answers, long[] tokens, KvCache cache) {
    try (NDManager scope = parent.newSubManager()) {
      long[] positions = answers.stream().mapToLong(Answer::lastPosition).toArray();
      Pass pass = decoder.nextTokens(scope, adapter, positions);
      NDArray x = decoder.embed(pass, Arrays.stream(tokens).mapToInt(Math::toIntExact).toArray());
      for (int i = 0; i < decoder.layers().size(); i++) {
        x = decoder.layers().get(i).forwardCached(pass, x, cache.layers().get(i));
      }
      return greedy(pass, x, LongStream.range(0, tokens.length).toArray());
    }
  }

  private long[] greedy(Pass pass, NDArray x, long[] cells) {
    return HeadKernels.greedy(pass.scope(), decoder.head().logits(pass, x, cells)).toLongArray();
  }

  /** Gives each answer its next token; false once none wants another. */
  private boolean accept(List<Answer> answers, long[] next) {
    boolean open = false;
    for (int row = 0; row < next.length; row++) {
      open |= answers.get(row).accept(Math.toIntExact(next[row]));
    }
    return open;
  }

  /** One growing answer. */
  private final class Answer {
    private final int[] prompt;
    private final List<Integer> tokens = new ArrayList<>();
    private boolean open;

    Answer(int[] prompt) {
      this.prompt = prompt;
      this.open = settings.maxNewTokens() > 0;
    }

    boolean accept(int token) {
      open = open && hasRoom() && !settings.stopIds().contains(token);
      if (open) {
        tokens.add(token);
        open = tokens.size() < settings.maxNewTokens() && hasRoom();
      }
      return open;
    }

    private boolean hasRoom() {
      return prompt.length + tokens.size() < decoder.config().contextLength();
    }

    /** Where its newest token stands; an ended answer stays where it is. */
    long lastPosition() {
      return prompt.length + Math.max(0, tokens.size() - 1L);
    }

    /**
     * Whether its newest token changes the positions of all others, so that what is cached of them
     * is of no use any more.
     */
    boolean outgrowsItsPositions() {
      return open && decoder.config().outgrownLength().orElse(0) == lastPosition() + 1;
    }

    /** Prompt and answer. */
    int[] text() {
      return IntStream.concat(Arrays.stream(prompt), Arrays.stream(tokens())).toArray();
    }

    int[] tokens() {
      return tokens.stream().mapToInt(Integer::intValue).toArray();
    }
  }
}
