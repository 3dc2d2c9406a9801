package io.sparkpeft.model;

import ai.djl.ndarray.NDArray;
import io.sparkpeft.adapter.Prefix;
import io.sparkpeft.tensor.AttentionKernels;
import io.sparkpeft.tensor.AttentionKernels.Form;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import io.sparkpeft.tensor.AttentionKernels.Projections;
import io.sparkpeft.tensor.PrefixKernels;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * The attention part of a layer: out(attention(ins(n))).
 *
 * @param layer its place among the layers
 * @param ins what makes queries, keys and values
 * @param rotary how their positions enter; empty if they do not
 * @param form how attention is computed
 */
record AttentionBlock(int layer, HeadInputs ins, Linear out, Optional<Rotary> rotary, Form form) {

  /** Query positions that are computed together, against all keys that they see. */
  static final int BLOCK = 128;

  /**
   * @param ins the projections
   * @param core empty if attention was computed with a cache, from which no way leads back
   * @param result empty if only the rest was computed
   */
  record Saved(
      HeadInputs.Saved ins,
      Optional<Core> core,
      Optional<DeltaTrace> out,
      Optional<NDArray> result) {
    static Saved of(HeadInputs.Saved ins, Optional<Core> core, Linear.Saved out) {
      return new Saved(ins, core, out.trace(), Optional.of(out.output()));
    }

    NDArray output() {
      return result.orElseThrow();
    }
  }

  /**
   * @param heads queries and keys, rotated, and values; empty where attention reads the projections
   *     themselves
   * @param mixed the result of attention
   */
  record Core(Optional<Heads> heads, Mixed mixed) {}

  /** n [tokens, hidden]; the result has the wanted rows. */
  Saved forward(Pass pass, NDArray n) {
    HeadInputs.Saved x = ins.forward(pass, n);
    Optional<Heads> heads = headsIfRead(pass, x);
    Mixed mixed = attend(pass, x, heads);
    NDArray y = pass.wantedOf(mixed.y());
    return Saved.of(x, Optional.of(new Core(heads, mixed)), out.forward(pass.behindAttention(), y));
  }

  private Mixed attend(Pass pass, HeadInputs.Saved x, Optional<Heads> heads) {
    long[] lengths = pass.documents().lengths();
    return heads
        .map(own -> AttentionKernels.attention(pass.scope(), own, lengths, pasts(pass), form))
        .orElseGet(
            () -> AttentionKernels.attention(pass.scope(), projections(pass, x), lengths, form));
  }

  /**
   * What {@link #forward} gives, with what was kept of it.
   *
   * @param isResultRead whether the result is wanted too
   */
  Saved again(Pass pass, NDArray n, Kept kept, boolean isResultRead) {
    HeadInputs.Saved x = ins.again(pass, n, kept);
    Optional<Core> core = Optional.of(new Core(headsIfRead(pass, x), kept.mixed()));
    NDArray y = pass.wantedOf(kept.mixed().y());
    Pass behind = pass.behindAttention();
    return isResultRead
        ? Saved.of(x, core, out.again(behind, y, kept))
        : new Saved(x, core, out.trace(behind, y), Optional.empty());
  }

  private Projections projections(Pass pass, HeadInputs.Saved x) {
    RotaryTensors turns = pass.positions().rotary(rotary);
    return new Projections(x.query(), x.key(), x.value(), turns.cos(), turns.sin(), ins.headDim());
  }

  /** Empty if attention can read projections, as it can of texts before which nothing stands. */
  private Optional<Heads> headsIfRead(Pass pass, HeadInputs.Saved x) {
    Documents documents = pass.documents();
    boolean readsProjections =
        !documents.areBranched()
            && pass.past(layer).isEmpty()
            && form.readsProjections(ins.headDim(), documents.longest());
    return readsProjections ? Optional.empty() : Optional.of(heads(pass, x));
  }

  /** With all that the documents see. */
  Heads heads(Pass pass, Saved saved) {
    return saved.core().flatMap(Core::heads).orElseGet(() -> heads(pass, saved.ins()));
  }

  private Heads heads(Pass pass, HeadInputs.Saved x) {
    Heads heads = AttentionKernels.heads(pass.scope(), projections(pass, x));
    Documents documents = pass.documents();
    Heads own =
        documents.areBranched()
            ? AttentionKernels.behindStems(
                pass.scope(), heads, documents.lengths(), documents.stems())
            : heads;
    return pass.past(layer)
        .map(
            past ->
                PrefixKernels.prefixed(
                    pass.scope(), own, past.keys(), past.values(), documents.ends()))
        .orElse(own);
  }

  /** How many keys and values stand before those of every text. */
  private long past(Pass pass) {
    return pass.past(layer).map(Past::tokens).orElse(0L);
  }

  /** The same for each document, which may go on from others. */
  private long[] pasts(Pass pass) {
    long past = past(pass);
    return Arrays.stream(pass.documents().begins()).map(begin -> past + begin).toArray();
  }

  /**
   * One new position for each row.
   *
   * @param n [rows, hidden]
   * @param cache of this layer; receives the new keys and values
   */
  Saved forwardCached(Pass pass, NDArray n, KvCache.Layer cache) {
    HeadInputs.Saved x = ins.forward(pass, n);
    RotaryTensors turns = pass.positions().rotary(rotary);
    NDArray mixed =
        AttentionKernels.cachedAttention(
            pass.scope(),
            x.query(),
            x.key(),
            x.value(),
            cache.keys(),
            cache.values(),
            pass.positions().ids(),
            turns.cos(),
            turns.sin(),
            form);
    return Saved.of(x, Optional.empty(), out.forward(pass, mixed));
  }

  /** As {@link MlpBlock#backward}; gy of the wanted rows, the results of all. */
  List<NDArray> backward(Pass pass, NDArray gy, Saved saved, boolean carry) {
    boolean wanted = carry || ins.isAdapted(pass);
    boolean below = wanted || pass.prefix(layer).isPresent();
    Optional<NDArray> gMixed =
        out.backward(pass.behindAttention(), gy, saved.out(), below).map(pass::ofAll);
    if (gMixed.isEmpty()) {
      return List.of();
    }
    Core core = saved.core().orElseThrow();
    Optional<Heads> gHeads =
        core.heads().map(heads -> headsBackward(pass, gMixed.get(), core.mixed(), heads));
    if (!wanted) {
      return List.of();
    }
    Projections x = projections(pass, saved.ins());
    List<NDArray> g =
        gHeads
            .map(own -> AttentionKernels.headsVjp(pass.scope(), own, x.cos(), x.sin()))
            .orElseGet(
                () ->
                    AttentionKernels.attentionVjp(
                        pass.scope(),
                        gMixed.get(),
                        core.mixed(),
                        x,
                        pass.documents().lengths(),
                        form));
    return ins.backward(pass, g, saved.ins(), carry);
  }

  /** The gradients of the documents' own heads. Hands those of a prefix on. */
  private Heads headsBackward(Pass pass, NDArray gMixed, Mixed mixed, Heads heads) {
    long[] lengths = pass.documents().lengths();
    Heads g =
        AttentionKernels.attentionVjp(
            pass.scope(), gMixed, mixed, heads, lengths, past(pass), form);
    return pass.prefix(layer).map(prefix -> behind(pass, prefix, g)).orElse(g);
  }

  /** Hands the prefix's gradients on; what is left are those of the documents' own heads. */
  private static Heads behind(Pass pass, Prefix prefix, Heads g) {
    PrefixKernels.Gradients gradients =
        PrefixKernels.prefixedVjp(pass.scope(), g, prefix.tokens(), pass.documents().lengths());
    pass.gradients().add(prefix.keys(), gradients.keys());
    pass.gradients().add(prefix.values(), gradients.values());
    return gradients.heads();
  }

  boolean isAdapted(Pass pass) {
    return pass.prefix(layer).isPresent() || out.isAdapted(pass) || ins.isAdapted(pass);
  }
}
