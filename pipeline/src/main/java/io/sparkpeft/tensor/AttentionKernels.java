package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * {@code kernels/attention.py} and {@code kernels/cache.py}. N tokens of documents that lie one
 * after another, key heads K, queries per key head G, features of a head D. cos and sin [N, 1, D]
 * of the tokens' positions, sin negative in its first half; where they are narrower than a head,
 * its last features do not turn.
 */
public final class AttentionKernels {
  private static final Kernel SPLIT_STACKED = new Kernel("split_stacked");
  private static final Kernel SPLIT_STACKED_VJP = new Kernel("split_stacked_vjp");
  private static final Kernel SPLIT_GROUPED = new Kernel("split_grouped");
  private static final Kernel SPLIT_GROUPED_VJP = new Kernel("split_grouped_vjp");
  private static final Kernel HEADS = new Kernel("attention_heads");
  private static final Kernel HEADS_VJP = new Kernel("attention_heads_vjp");
  private static final Kernel BEHIND_STEMS = new Kernel("behind_stems");
  private static final Kernel ATTENTION = new Kernel("causal_attention");
  private static final Kernel ATTENTION_VJP = new Kernel("causal_attention_vjp");
  private static final Kernel EMPTY_CACHE = new Kernel("empty_cache");
  private static final Kernel FILL_CACHE = new Kernel("fill_cache_");
  private static final Kernel FIRST_POSITIONS = new Kernel("first_positions");
  private static final Kernel ONLY_ROW = new Kernel("only_row");
  private static final Kernel KEPT_ROWS = new Kernel("kept_rows");
  private static final Kernel CACHED_ATTENTION = new Kernel("cached_attention");

  private AttentionKernels() {}

  /**
   * What heads are made of.
   *
   * @param q [N, K G D]
   * @param k [N, K D]
   * @param v [N, K D]
   * @param features D
   */
  public record Projections(
      NDArray q, NDArray k, NDArray v, NDArray cos, NDArray sin, long features) {
    long keyHeads() {
      return k.getShape().get(1) / features;
    }

    long groups() {
      return q.getShape().get(1) / k.getShape().get(1);
    }

    Projections with(NDArray newQ, NDArray newK, NDArray newV) {
      return new Projections(newQ, newK, newV, cos, sin, features);
    }
  }

  /**
   * What attention reads, or the gradients of it.
   *
   * @param q [K, N, G, D], rotated
   * @param k [K, N, D], rotated; more where something stands before every document
   * @param v of k's shape
   */
  public record Heads(NDArray q, NDArray k, NDArray v) {
    static Heads of(List<NDArray> tensors) {
      return new Heads(tensors.get(0), tensors.get(1), tensors.get(2));
    }

    private long features() {
      return q.getShape().get(3);
    }
  }

  /**
   * The result of attention.
   *
   * @param y [N, K G D]
   * @param sums what makes probabilities of the scores again: logarithms, to the base of 2, of
   *     their sums, fp32 [K, N, G, 1], or what {@link LanesAttention} keeps; empty where the
   *     backward pass computes attention again
   */
  public record Mixed(NDArray y, Optional<NDArray> sums) {}

  /**
   * How attention is computed.
   *
   * @param method that is wanted; what torch's own cannot do is computed in blocks all the same
   * @param scale multiplies the products of queries and keys
   * @param block query positions that are computed together in {@link Attention#BLOCKS}
   * @param window how many positions a token sees, itself among them; 0 for all before it
   * @param cap c of c tanh(score / c); 0 for none
   * @param slopes of ALiBi's lines, bf16 [K, 1, G, 1]; empty without them, or where scores are
   *     capped
   */
  public record Form(
      Attention method, double scale, long block, long window, double cap, List<NDArray> slopes) {
    public Form {
      slopes = List.copyOf(slopes);
      if (cap > 0 && !slopes.isEmpty()) {
        throw new IllegalArgumentException("no model has both a cap and ALiBi");
      }
    }

    /** Whether attention can do without heads, given the longest document's tokens. */
    public boolean readsProjections(long features, long tokens) {
      return isByLanes(features, tokens);
    }

    private boolean isFused() {
      return method == Attention.FUSED && window == 0 && isPlain();
    }

    /** Whether a document of so many keys is computed by {@link LanesAttention}. */
    private boolean isByLanes(long features, long keys) {
      return method == Attention.LANES
          && (window == 0 || window >= keys)
          && isPlain()
          && LanesAttention.takes(features);
    }

    private boolean isPlain() {
      return cap == 0 && slopes.isEmpty();
    }
  }

  /** Queries [N, queries], keys and values [N, keys] out of x, where they lie in that order. */
  public static List<NDArray> splitStacked(NDManager scope, NDArray x, long queries, long keys) {
    return SPLIT_STACKED.tensors(scope, x, queries, keys);
  }

  /** The gradient of x. */
  public static NDArray splitStackedVjp(NDManager scope, List<NDArray> g) {
    return SPLIT_STACKED_VJP.tensor(scope, g);
  }

  /**
   * Queries [N, K G D], keys and values [N, K D] out of x [N, K (G + 2) D], where each key head's
   * queries, key and value lie together.
   */
  public static List<NDArray> splitGrouped(NDManager scope, NDArray x, long groups, long features) {
    return SPLIT_GROUPED.tensors(scope, x, groups, features);
  }

  /** The gradient of x. */
  public static NDArray splitGroupedVjp(
      NDManager scope, List<NDArray> g, long groups, long features) {
    return SPLIT_GROUPED_VJP.tensor(scope, g, groups, features);
  }

  /** From projections to heads. */
  public static Heads heads(NDManager scope, Projections from) {
    return Heads.of(
        HEADS.tensors(
            scope, from.q(), from.k(), from.v(), from.cos(), from.sin(), from.features()));
  }

  /** The gradients of the projections q, k and v, shaped as they are. */
  public static List<NDArray> headsVjp(NDManager scope, Heads g, NDArray cos, NDArray sin) {
    return HEADS_VJP.tensors(scope, g.q(), g.k(), g.v(), cos, sin);
  }

  /**
   * Keys and values of documents that go on from others.
   *
   * @param lengths of the documents, N together
   * @param stems the earlier document that each goes on from, -1 where a text begins
   * @return the same queries, and keys and values of whole texts up to each document's end
   */
  public static Heads behindStems(NDManager scope, Heads heads, long[] lengths, long[] stems) {
    return new Heads(
        heads.q(),
        BEHIND_STEMS.tensor(scope, heads.k(), lengths, stems),
        BEHIND_STEMS.tensor(scope, heads.v(), lengths, stems));
  }

  /**
   * Causal attention of every document to itself and to what stands before it.
   *
   * @param lengths of the documents, N together
   * @param pasts how many keys and values stand before those of each document's own tokens
   */
  public static Mixed attention(
      NDManager scope, Heads heads, long[] lengths, long[] pasts, Form form) {
    if (form.isFused() && Arrays.stream(pasts).distinct().count() == 1) {
      NDArray y = FusedAttention.forward(scope, heads, lengths, pasts[0], form.scale());
      return new Mixed(y, Optional.empty());
    }
    if (form.isByLanes(heads.features(), mostKeys(lengths, pasts))) {
      return LanesAttention.here().forward(scope, heads, lengths, pasts, form.scale());
    }
    List<NDArray> results =
        ATTENTION.tensors(
            scope,
            heads.q(),
            heads.k(),
            heads.v(),
            lengths,
            pasts,
            form.scale(),
            form.block(),
            form.window(),
            form.cap(),
            form.slopes());
    return new Mixed(results.get(0), Optional.of(results.get(1)));
  }

  /**
   * The gradients of the heads.
   *
   * @param gy [N, K G D]
   * @param past how many keys and values stand before those of every document's own tokens
   */
  public static Heads attentionVjp(
      NDManager scope, NDArray gy, Mixed mixed, Heads heads, long[] lengths, long past, Form form) {
    if (form.isFused()) {
      return FusedAttention.vjp(scope, gy, heads, lengths, past, form.scale());
    }
    long[] pasts = new long[lengths.length];
    Arrays.fill(pasts, past);
    if (form.isByLanes(heads.features(), mostKeys(lengths, pasts))) {
      return LanesAttention.here().vjp(scope, gy, mixed, heads, lengths, pasts, form.scale());
    }
    return Heads.of(
        ATTENTION_VJP.tensors(
            scope,
            gy,
            mixed.y(),
            heads.q(),
            heads.k(),
            heads.v(),
            mixed.sums().orElseThrow(),
            lengths,
            past,
            form.scale(),
            form.block(),
            form.window(),
            form.cap(),
            form.slopes()));
  }

  /**
   * Causal attention of every document to itself, where it {@link Form#readsProjections}.
   *
   * @param lengths of the documents, N together
   */
  public static Mixed attention(
      NDManager scope, Projections projections, long[] lengths, Form form) {
    return LanesAttention.here().forward(scope, projections, lengths, form.scale());
  }

  /**
   * The gradients of the projections q, k and v, shaped as they are.
   *
   * @param gy [N, K G D]
   */
  public static List<NDArray> attentionVjp(
      NDManager scope,
      NDArray gy,
      Mixed mixed,
      Projections projections,
      long[] lengths,
      Form form) {
    return LanesAttention.here().vjp(scope, gy, mixed, projections, lengths, form.scale());
  }

  /** The keys of the document that has most, with those before it. */
  static long mostKeys(long[] lengths, long[] pasts) {
    return IntStream.range(0, lengths.length).mapToLong(i -> pasts[i] + lengths[i]).max().orElse(0);
  }

  /** An empty cache of keys or values [rows, heads, positions, features], of like's type. */
  public static NDArray emptyCache(
      NDManager scope, NDArray like, long rows, long heads, long positions, long features) {
    return EMPTY_CACHE.tensor(scope, like, rows, heads, positions, features);
  }

  /**
   * Writes keys or values of a first pass into the cache.
   *
   * @param x [K, N, D]
   * @param lengths of the documents, N together
   * @param documents the one for each row of the cache
   */
  public static void fillCache(NDArray cache, NDArray x, long[] lengths, long[] documents) {
    FILL_CACHE.tensor(cache.getManager(), cache, x, lengths, documents).close();
  }

  /** The first positions of a cache, in the same memory. */
  public static NDArray firstPositions(NDManager scope, NDArray cache, long positions) {
    return FIRST_POSITIONS.tensor(scope, cache, positions);
  }

  /** The first positions of a cache of one row [heads, positions, features], in the same memory. */
  public static NDArray onlyRow(NDManager scope, NDArray cache, long positions) {
    return ONLY_ROW.tensor(scope, cache, positions);
  }

  /**
   * A copy of some rows of a cache.
   *
   * @param rows int64 [n]
   */
  public static NDArray keptRows(NDManager scope, NDArray cache, NDArray rows) {
    return KEPT_ROWS.tensor(scope, cache, rows);
  }

  /**
   * Attention of one new position per row to those before it, whose keys and values are cached.
   *
   * @param q [B, K G D]
   * @param k [B, K D], written into the cache
   * @param v [B, K D], written into the cache
   * @param positions of the new tokens, int64 [B]; cos and sin [B, 1, D] are theirs
   * @return [B, K G D]
   */
  public static NDArray cachedAttention(
      NDManager scope,
      NDArray q,
      NDArray k,
      NDArray v,
      NDArray keys,
      NDArray values,
      NDArray positions,
      NDArray cos,
      NDArray sin,
      Form form) {
    return CACHED_ATTENTION.tensor(
        scope,
        q,
        k,
        v,
        keys,
        values,
        positions,
        cos,
        sin,
        form.scale(),
        form.window(),
        form.cap(),
        form.slopes());
  }
}
