package io.sparkpeft.model;

import io.sparkpeft.adapter.AdaptedModule;
import io.sparkpeft.adapter.AdaptedStack;
import io.sparkpeft.adapter.AdapterShape;
import io.sparkpeft.adapter.LinearModule;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The floating point operations that {@link AdapterTraining} executes, by formula. A product of an
 * [m, k] and a [k, n] matrix counts 2 m k n; what is computed a second time in the backward pass
 * counts twice; only weights that are trained whole have a gradient to count. Behind the last
 * layer's attention only those tokens count from which something is predicted. Elementwise work,
 * far below one percent, is left out, and so is what is done once per step for all micro-batches:
 * the norms of DoRA's rows.
 *
 * @param config the architecture
 * @param targets the adapted linear layers
 * @param stacks the adapted parameters of experts and routers
 * @param others paths of other modules of which something is trained: norms, the embedding, linear
 *     layers whose bias is, and these parameters
 * @param virtualTokens whose keys and values are trained, in all layers
 * @param checkpointing whether the adapted layers' forward pass is computed twice
 */
public record TrainingFlops(
    DecoderConfig config,
    List<AdaptedModule> targets,
    List<AdaptedStack> stacks,
    Set<String> others,
    long virtualTokens,
    Checkpointing checkpointing) {

  public TrainingFlops {
    targets = List.copyOf(targets);
    stacks = List.copyOf(stacks);
    others = Set.copyOf(others);
  }

  /** Of an adapter of that shape. */
  public TrainingFlops(DecoderConfig config, AdapterShape adapter, Checkpointing checkpointing) {
    this(
        config,
        adapter.modules(),
        adapter.stacks(),
        adapter.others().keySet(),
        adapter.virtualTokens(),
        checkpointing);
  }

  /**
   * @param projections products of the layers' weights: forward, and the gradients of inputs, and
   *     of the weights themselves where they are trained whole
   * @param lora products with A and B in the layers, and their gradients
   * @param attention scores and mixed values, and their gradients
   * @param head the projection onto the vocabulary with its adapter, at targets alone
   * @param experts products of experts' and routers' weights, likewise, and with their A and B
   */
  public record Parts(long projections, long lora, long attention, long head, long experts) {
    public long total() {
      return projections + lora + attention + head + experts;
    }

    /** The mean of so many. */
    public Parts over(int count) {
      return new Parts(
          projections / count, lora / count, attention / count, head / count, experts / count);
    }

    Parts plus(Parts other) {
      return new Parts(
          projections + other.projections,
          lora + other.lora,
          attention + other.attention,
          head + other.head,
          experts + other.experts);
    }
  }

  /**
   * Forward and backward over documents that attend each to itself alone.
   *
   * @param lengths tokens of each document
   * @param targetTokens how many of them are predicted, in all documents together
   */
  public Parts of(int[] lengths, long targetTokens) {
    long tokens = Arrays.stream(lengths).asLongStream().sum();
    Map<String, AdaptedModule> adapted =
        targets.stream()
            .collect(Collectors.toMap(target -> target.module().name(), Function.identity()));
    int lowest = lowestAdaptedLayer(adapted);
    boolean carry = lowest < config.layers() || others.contains(config.names().finalNormModule());
    Parts sum = new Parts(0, 0, 0, ofHead(adapted, targetTokens, carry), 0);
    for (int layer = 0; layer < config.layers(); layer++) {
      long behind = layer == config.layers() - 1 ? targetTokens : tokens;
      Layer counted = new Layer(layer, lowest, adapted);
      sum = sum.plus(counted.count(tokens, behind, pairs(layer, lengths)));
    }
    return sum;
  }

  /** A position attends to itself and all before it that its window holds. */
  private long pairs(int layer, int[] lengths) {
    long window = config.layerPlans().get(layer).window().orElse(Integer.MAX_VALUE);
    long ofPrefix = pairs(virtualTokens, window);
    return Arrays.stream(lengths)
        .asLongStream()
        .map(n -> pairs(virtualTokens + n, window) - ofPrefix)
        .sum();
  }

  private static long pairs(long n, long window) {
    return n <= window ? n * (n + 1) / 2 : window * (window + 1) / 2 + (n - window) * window;
  }

  private int lowestAdaptedLayer(Map<String, AdaptedModule> adapted) {
    int layer = 0;
    while (!isEmbeddingTrained()
        && virtualTokens == 0
        && layer < config.layers()
        && othersIn(layer).isEmpty()
        && config.projections().stream()
            .map(projection(layer))
            .noneMatch(module -> adapted.containsKey(module.name()))) {
      layer++;
    }
    return layer;
  }

  private boolean isEmbeddingTrained() {
    return others.contains(config.names().embeddingModule())
        || others.contains(config.names().positionsModule());
  }

  private List<String> othersIn(int layer) {
    String prefix = config.names().layer(layer);
    return others.stream().filter(path -> path.startsWith(prefix)).toList();
  }

  private long ofHead(Map<String, AdaptedModule> adapted, long targetTokens, boolean carry) {
    LinearModule head = config.headModule();
    long frozen = product(head, targetTokens) * (carry ? 2 : 1);
    if (!adapted.containsKey(head.name())) {
      return frozen;
    }
    AdaptedModule target = adapted.get(head.name());
    Times times = new Times(1, 1, carry ? 1 : 0);
    return frozen + more(target, targetTokens, times) + lowRank(target, targetTokens, times);
  }

  /**
   * How often something of a linear layer is computed.
   *
   * @param forwards its result
   * @param traces what the backward pass reads of its adapter, with the result or without
   * @param backwards the gradient of its input
   */
  private record Times(int forwards, int traces, int backwards) {}

  /** Products of the whole weight that an adapter needs beside the layer's own. */
  private static long more(AdaptedModule target, long rows, Times times) {
    int more =
        switch (target.work()) {
          case ADDED, REDUCED -> 0;
          case WHOLE -> 1;
          // The result is read again for the magnitudes; with dropout it is a second one.
          case DECOMPOSED ->
              times.traces()
                  - times.forwards()
                  + (target.dropout() > 0 ? times.forwards() + times.backwards() : 0);
        };
    return more * product(target.module(), rows);
  }

  /**
   * Forward x A^T and its product with B^T; backward gu = gy B, gA = gu^T x, gB = gy^T u, and gu A
   * for the input.
   */
  private static long lowRank(AdaptedModule target, long rows, Times times) {
    long a = inner(target, rows);
    long b = outer(target, rows);
    boolean isDecomposed = target.work() == AdaptedModule.Work.DECOMPOSED;
    int forwards = isDecomposed ? times.traces() : times.forwards();
    long removed =
        target.work() == AdaptedModule.Work.REDUCED
            ? (times.forwards() + times.backwards()) * (a + b)
            : 0;
    return times.traces() * a + forwards * b + 2 * b + a + times.backwards() * a + removed;
  }

  private static long outer(AdaptedModule target, long rows) {
    return 2 * rows * target.module().out() * target.r();
  }

  private static long inner(AdaptedModule target, long rows) {
    return 2 * rows * target.module().in() * target.r();
  }

  private Function<Projection, LinearModule> projection(int layer) {
    return projection -> config.module(layer, projection);
  }

  private static long product(LinearModule module, long rows) {
    return 2 * rows * module.in() * module.out();
  }

  /** One layer; the lowest adapted one hands no gradient on. */
  private final class Layer {
    private final int index;
    private final int lowest;
    private final Map<String, AdaptedModule> adapted;

    Layer(int index, int lowest, Map<String, AdaptedModule> adapted) {
      this.index = index;
      this.lowest = lowest;
      this.adapted = adapted;
    }

    /**
     * @param behind tokens that go on behind attention
     * @param pairs of positions of which one attends to the other
     */
    Parts count(long tokens, long behind, long pairs) {
      long projections = 0;
      long lora = 0;
      for (Projection projection : config.projections()) {
        LinearModule module = config.module(index, projection);
        long rows = stage(projection) > 0 ? behind : tokens;
        boolean carry = isInputGradientWanted(projection);
        int forwards = forwards(projection);
        projections += product(module, rows) * (forwards + (carry ? 1 : 0));
        if (adapted.containsKey(module.name())) {
          Times times = new Times(forwards, forwards(), carry ? 1 : 0);
          projections += more(adapted.get(module.name()), rows, times);
          lora += lowRank(adapted.get(module.name()), rows, times);
        }
      }
      long experts = config.mlp().experts().map(some -> experts(behind)).orElse(0L);
      return new Parts(projections, lora, attention(pairs), 0, experts);
    }

    private long experts(long tokens) {
      String prefix = config.names().layer(index);
      List<AdaptedStack> own =
          stacks.stream().filter(stack -> stack.stack().path().startsWith(prefix)).toList();
      return new ExpertsFlops(config, own, tokens, isInputGradientWanted(Projection.UP)).total();
    }

    /** How often what a projection's adapter makes of its input is computed. */
    private int forwards() {
      return index >= lowest && checkpointing != Checkpointing.KEEP_ALL ? 2 : 1;
    }

    /** A product is not computed again if it was kept, or if nothing reads its result. */
    private int forwards(Projection projection) {
      boolean isRead =
          switch (projection) {
            case OUTPUT -> config.residual().isSequential();
            case DOWN -> config.residual().normsMlpResult();
            default -> true;
          };
      return checkpointing == Checkpointing.RECOMPUTE && isRead ? forwards() : 1;
    }

    /**
     * Two products forward, whose result is always kept; five backward, for the scores again and
     * the gradients of q, k, v and the probabilities. What Java's vectors skip of them in the last
     * layer, blocks of which nothing is read, is counted.
     */
    private long attention(long pairs) {
      long width = config.attention().queryWidth();
      int backward = isInputGradientWanted(Projection.OUTPUT) ? 5 : 0;
      return 2 * pairs * width * (2 + backward);
    }

    /** Whether anything that feeds the projection is trained. */
    private boolean isInputGradientWanted(Projection projection) {
      boolean belowIsAdapted =
          config.projections().stream()
              .filter(below -> feeds(below, projection))
              .anyMatch(below -> isTrained(config.module(index, below).name()));
      boolean normBelowIsTrained =
          Arrays.stream(NormPlace.values())
              .filter(place -> feeds(place, projection))
              .anyMatch(place -> others.contains(config.names().module(index, place)));
      boolean prefixIsRead = virtualTokens > 0 && readsAttention(projection);
      return index > lowest
          || (index == lowest
              && (isEmbeddingTrained() || belowIsAdapted || normBelowIsTrained || prefixIsRead));
    }

    private boolean isTrained(String module) {
      return adapted.containsKey(module) || others.contains(module);
    }

    /** Where parts are parallel, their norms are taken together. */
    private boolean feeds(NormPlace below, Projection above) {
      int place =
          switch (below) {
            case ATTENTION -> config.residual() == Residual.NORM_LAST ? 2 : 0;
            case QUERY, KEY -> 1;
            case ATTENTION_RESULT -> 2;
            case MLP -> ofMlp();
            case MLP_RESULT -> 4;
          };
      return place <= stage(above);
    }

    private int ofMlp() {
      if (config.residual() == Residual.NORM_LAST) {
        return 4;
      }
      return config.residual().isSequential() ? 2 : 0;
    }

    private boolean readsAttention(Projection projection) {
      return config.residual().isSequential()
          ? stage(projection) >= 1
          : projection == Projection.OUTPUT;
    }

    private boolean feeds(Projection below, Projection above) {
      boolean parallel = !config.residual().isSequential();
      boolean besides = parallel && stage(below) < 2 && stage(above) >= 2;
      return stage(below) < stage(above) && !besides;
    }

    private static int stage(Projection projection) {
      return switch (projection) {
        case QUERY, KEY, VALUE, QUERY_KEY_VALUE -> 0;
        case OUTPUT -> 1;
        case GATE, UP, GATE_UP -> 2;
        case DOWN -> 3;
      };
    }
  }
}
