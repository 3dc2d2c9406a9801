package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import java.util.List;

/**
 * {@code kernels/attention.py} and {@code kernels/cache.py}. Batch B, positions S, key heads K,
 * queries per key head G, features of a head D. cos and sin [positions, 1, D], sin negative in its
 * first half.
 */
public final class AttentionKernels {
  private static final Kernel ATTENTION = new Kernel("attention");
  private static final Kernel ATTENTION_VJP = new Kernel("attention_vjp");
  private static final Kernel EMPTY_CACHE = new Kernel("empty_cache");
  private static final Kernel FILL_CACHE = new Kernel("fill_cache_");
  private static final Kernel CACHED_ATTENTION = new Kernel("cached_attention");

  private AttentionKernels() {}

  /**
   * Causal attention of every row to itself.
   *
   * @param q [B S, K G D]
   * @param k [B S, K D]
   * @param v [B S, K D]
   * @param block query positions that are computed together
   * @return y [B S, K G D], then what {@link #attentionVjp} wants saved: q [B K, G, S, D], k and v
   *     [B K, S, D], and the probabilities of each block
   */
  public static List<NDArray> attention(
      NDManager scope,
      NDArray q,
      NDArray k,
      NDArray v,
      NDArray cos,
      NDArray sin,
      long features,
      long block) {
    return ATTENTION.tensors(scope, q, k, v, cos, sin, features, block);
  }

  /** The gradients of q, k and v, shaped as they are. */
  public static List<NDArray> attentionVjp(
      NDManager scope, NDArray gy, List<NDArray> saved, NDArray cos, NDArray sin, long block) {
    return ATTENTION_VJP.tensors(scope, gy, saved, cos, sin, block);
  }

  /** An empty cache of keys or values [rows, heads, positions, features], of like's type. */
  public static NDArray emptyCache(
      NDManager scope, NDArray like, long rows, long heads, long positions, long features) {
    return EMPTY_CACHE.tensor(scope, like, rows, heads, positions, features);
  }

  /** Writes the keys or values of a first pass [B K, S, D] into the cache. */
  public static void fillCache(NDArray cache, NDArray x) {
    FILL_CACHE.tensor(cache.getManager(), cache, x).close();
  }

  /**
   * Attention of one new position per row to those before it, whose keys and values are cached.
   *
   * @param q [B, K G D]
   * @param k [B, K D], written into the cache
   * @param v [B, K D], written into the cache
   * @param positions of the new tokens, int64 [B]
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
      NDArray sin) {
    return CACHED_ATTENTION.tensor(scope, q, k, v, keys, values, positions, cos, sin);
  }
}
