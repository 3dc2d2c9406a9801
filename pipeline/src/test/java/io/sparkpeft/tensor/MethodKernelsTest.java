package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import io.sparkpeft.tensor.AttentionKernels.Form;
import io.sparkpeft.tensor.AttentionKernels.Heads;
import io.sparkpeft.tensor.AttentionKernels.Mixed;
import io.sparkpeft.tensor.AttentionKernels.Projections;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** The kernels of IA3, bottleneck adapters and prefix tuning, as {@link KernelsTest} has others. */
class MethodKernelsTest extends TwinTest {
  private static final int PREFIX = 3;

  MethodKernelsTest() {
    super(5, 2e-5);
  }

  @Test
  void factorsOnFeatures() {
    NDArray x = random(9, 6);
    NDArray l = random(6, 1);
    NDArray gy = random(9, 6);
    List<NDArray> g = ScaleKernels.scaledVjp(manager, gy, x, l);
    same(ScaleKernels.scaled(manager, x, l), oracle("plain_scaled", x, l));
    same(g.get(0), oracle("scaled_gradient_x", gy, x, l));
    same(g.get(1), oracle("scaled_gradient_l", gy, x, l));
  }

  /** Scaled weights give scaled outputs, or take scaled inputs. */
  @Test
  void factorsInAWeight() {
    NDArray x = random(4, 6);
    NDArray w = random(5, 6);
    NDArray out = random(5, 1);
    NDArray in = random(1, 6);
    same(
        x.matMul(ScaleKernels.scaledWeight(manager, w, out).transpose()),
        oracle("plain_scaled", x.matMul(w.transpose()), out));
    same(
        x.matMul(ScaleKernels.scaledWeight(manager, w, in).transpose()),
        oracle("plain_scaled", x, in).matMul(w.transpose()));
  }

  @Test
  void bottleneck() {
    NDArray x = random(9, 6);
    NDArray down = random(3, 6);
    NDArray up = random(7, 3);
    NDArray gy = random(9, 7);
    int[] dropped = {0, 5, 7, 8, 20, 21, 40, 53};
    NDArray mask = DropoutKernels.dropout(manager, manager.ones(new Shape(9, 6)), dropped);
    NDArray left = DropoutKernels.dropout(manager, x, dropped);
    BottleneckKernels.Form form = new BottleneckKernels.Form("gelu", 0.75, 1.5);

    NDArray u = BottleneckKernels.inner(manager, left, down, form);
    NDArray z = BottleneckKernels.outer(manager, u, up, form);
    List<NDArray> g = BottleneckKernels.vjp(manager, gy, left, u, down, up, form);
    DropoutKernels.drop(g.get(0), dropped);

    same(z, oracle("plain_bottleneck", x, mask, down, up));
    same(g.get(0), oracle("bottleneck_gradient_x", gy, x, mask, down, up));
    same(g.get(1), oracle("bottleneck_gradient_down", gy, x, mask, down, up));
    same(g.get(2), oracle("bottleneck_gradient_up", gy, x, mask, down, up));
  }

  @Test
  void encoderOfAPrompt() {
    NDArray e = random(4, 6);
    NDArray inner = random(5, 6);
    NDArray innerBias = random(5);
    NDArray outer = random(24, 5);
    NDArray outerBias = random(24);
    NDArray g = random(4, 24);
    PrefixKernels.Encoder encoder =
        new PrefixKernels.Encoder(e, inner, innerBias, outer, outerBias);
    NDArray prompt = manager.zeros(new Shape(4, 24));

    PrefixKernels.encode(prompt, encoder);
    same(prompt, oracle("plain_prefix_encoded", e, inner, innerBias, outer, outerBias));
    PrefixKernels.Encoder actual = PrefixKernels.encodeVjp(manager, g, encoder);
    List<NDArray> gradients =
        List.of(
            actual.embeddings(),
            actual.inner(),
            actual.innerBias(),
            actual.outer(),
            actual.outerBias());
    for (int i = 0; i < gradients.size(); i++) {
      NDArray of = manager.create((float) i);
      same(
          gradients.get(i),
          oracle("prefix_encoded_gradient", g, e, inner, innerBias, outer, outerBias, of));
    }
  }

  /** Two layers, two heads of three features: the keys and values of each, and back. */
  @Test
  void partsOfAPrompt() {
    NDArray prompt = random(4, 24);
    List<NDArray> parts = new ArrayList<>();
    for (int part = 0; part < 4; part++) {
      NDArray x = manager.zeros(new Shape(2, 4, 3));
      PrefixKernels.part(x, prompt, part);
      same(x.get(0), prompt.get(":, " + 6 * part + ":" + (6 * part + 3)));
      same(x.get(1), prompt.get(":, " + (6 * part + 3) + ":" + (6 * part + 6)));
      parts.add(x);
    }
    same(PrefixKernels.partsVjp(manager, parts), prompt);
  }

  /**
   * Keys and values before every document are what tokens before it would be, whose keys do not
   * turn and which nothing is asked of.
   */
  @ParameterizedTest
  @CsvSource({
    // method, block, window, cap, ALiBi
    "BLOCKS, 4, 0, 0, false",
    "BLOCKS, 1, 0, 0, false",
    "BLOCKS, 64, 0, 0.5, false",
    "BLOCKS, 3, 4, 0, false",
    "BLOCKS, 64, 2, 0.5, false",
    "BLOCKS, 5, 0, 0, true",
    "FUSED, 64, 0, 0, false",
    "FUSED, 64, 4, 0, false",
  })
  void attentionBehindAPrefix(Attention method, int block, int window, double cap, boolean alibi) {
    long[] lengths = {5, 1, 9};
    long[] pasts = {PREFIX, PREFIX, PREFIX};
    NDArray own = random(15, 24 + 12 + 12 + 24 + 3);
    NDArray angles = own.get(":, 72:");
    NDArray cos = angles.cos().concat(angles.cos(), 1).expandDims(1);
    NDArray sin = angles.sin().neg().concat(angles.sin(), 1).expandDims(1);
    NDArray gy = own.get(":, 48:72");
    NDArray keys = random(2, PREFIX, 6);
    NDArray values = random(2, PREFIX, 6);
    NDArray slopes = manager.create(alibi ? new float[] {0.5f, 0.25f, 1, 2} : new float[4]);
    NDArray half = Tensors.cast(manager, slopes.reshape(2, 1, 2, 1), Dtype.BFLOAT16);
    Form form = new Form(method, 0.3, block, window, cap, alibi ? List.of(half) : List.of());

    Heads turned =
        AttentionKernels.heads(
            manager,
            new Projections(
                own.get(":, :24"), own.get(":, 24:36"), own.get(":, 36:48"), cos, sin, 6));
    Heads heads = PrefixKernels.prefixed(manager, turned, keys, values, lengths);
    Mixed y = AttentionKernels.attention(manager, heads, lengths, pasts, form);
    Heads gHeads = AttentionKernels.attentionVjp(manager, gy, y, heads, lengths, PREFIX, form);
    PrefixKernels.Gradients g = PrefixKernels.prefixedVjp(manager, gHeads, PREFIX, lengths);
    List<NDArray> gOwn = AttentionKernels.headsVjp(manager, g.heads(), cos, sin);

    NDArray before = rows(keys, values);
    NDArray all = behind(before, own, lengths);
    NDArray[] inputs = {
      all.get(":, :24"),
      all.get(":, 24:36"),
      all.get(":, 36:48"),
      all.get(":, 72:"),
      places(lengths),
      manager.create(new float[] {0.3f, window, (float) cap}),
      slopes
    };
    NDArray gAll = all.get(":, 48:72");
    same(y.y(), ofDocuments(oracle("plain_attention", inputs), lengths));
    same(gOwn.get(0), ofDocuments(gradient("q", gAll, inputs), lengths));
    same(gOwn.get(1), ofDocuments(gradient("k", gAll, inputs), lengths));
    same(gOwn.get(2), ofDocuments(gradient("v", gAll, inputs), lengths));
    same(
        rows(g.keys(), g.values()).get(":, 24:36"), ofPrefix(gradient("k", gAll, inputs), lengths));
    same(
        rows(g.keys(), g.values()).get(":, 36:48"), ofPrefix(gradient("v", gAll, inputs), lengths));
  }

  private NDArray gradient(String of, NDArray gy, NDArray... inputs) {
    NDArray[] all = new NDArray[inputs.length + 1];
    all[0] = gy;
    System.arraycopy(inputs, 0, all, 1, inputs.length);
    return oracle("attention_gradient_" + of, all);
  }

  /** The prefix as rows: no queries, keys and values, no gradients, no angles. */
  private NDArray rows(NDArray keys, NDArray values) {
    NDArray k = keys.transpose(1, 0, 2).reshape(PREFIX, 12);
    NDArray v = values.transpose(1, 0, 2).reshape(PREFIX, 12);
    NDArray none = manager.zeros(new Shape(PREFIX, 24));
    return none.concat(k, 1).concat(v, 1).concat(none, 1).concat(none.get(":, :3"), 1);
  }

  private static NDArray behind(NDArray before, NDArray own, long[] lengths) {
    NDArray all = before.get("0:0");
    int first = 0;
    for (long length : lengths) {
      all = all.concat(before).concat(own.get(first + ":" + (first + length)));
      first += (int) length;
    }
    return all;
  }

  private static NDArray ofDocuments(NDArray all, long[] lengths) {
    NDArray own = all.get("0:0");
    int first = 0;
    for (long length : lengths) {
      own = own.concat(all.get(first + PREFIX + ":" + (first + PREFIX + length)));
      first += PREFIX + (int) length;
    }
    return own;
  }

  private NDArray ofPrefix(NDArray all, long[] lengths) {
    NDArray sum = manager.zeros(new Shape(PREFIX, all.getShape().get(1)));
    int first = 0;
    for (long length : lengths) {
      sum = sum.add(all.get(first + ":" + (first + PREFIX)));
      first += PREFIX + (int) length;
    }
    return sum;
  }

  /** Of each token, virtual or not, its document and its position there. */
  private NDArray places(long[] lengths) {
    List<Float> places = new ArrayList<>();
    for (int document = 0; document < lengths.length; document++) {
      for (int position = 0; position < PREFIX + lengths[document]; position++) {
        places.add((float) document);
        places.add((float) position);
      }
    }
    float[] values = new float[places.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = places.get(i);
    }
    return manager.create(values, new Shape(values.length / 2, 2));
  }
}
