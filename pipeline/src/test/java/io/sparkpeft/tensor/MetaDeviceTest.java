package io.sparkpeft.tensor;

import static org.assertj.core.api.Assertions.assertThat;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.ArrayDeque;
import java.util.Deque;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.regex.MatchResult;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

/**
 * No kernel leaves its inputs' device: on a GPU, that would fail or be slow. Shown without one, on
 * torch's meta device, which holds shapes and no values: a tensor made elsewhere would not mix.
 */
class MetaDeviceTest {
  /** Kernels that cannot run there, and why they need not. */
  private static final Map<String, String> ELSEWHERE =
      Map.ofEntries(
          Map.entry(
              "embedding",
              "index_select, which libtorch does not know there, makes its one tensor"),
          Map.entry("scaled_embedding", "the same, and a factor whose device is its input's"),
          Map.entry("add_positions_", "the same, and a sum"),
          Map.entry("kept_rows", "the same"),
          Map.entry("replace_rows", "index_copy, likewise"),
          Map.entry("put_rows_", "both of these"),
          Map.entry("put_outputs_", "index_copy, likewise"),
          Map.entry("put_outputs_vjp", "index_select, likewise"),
          Map.entry("table_vjp", "index_add, likewise; its zeros name the gradient's device"),
          Map.entry("lora_embedding_", "index_select, likewise"),
          Map.entry("lora_embedding_vjp", "the same as table_vjp"),
          Map.entry("blockwise_values", "the same, and products of its inputs"),
          Map.entry("blockwise_codes", "abs, which is not known there, makes it of its inputs"),
          Map.entry("adamw_8bit_", "made of these two and of adamw_'s operations"),
          Map.entry("truncated_pair", "LAPACK, which is not known there, makes it of its inputs"),
          Map.entry("encode_", "a copy of the codes into its inputs"),
          Map.entry("layer_norm", "torch's own, which libtorch does not know there, is all of it"),
          Map.entry("max_abs_difference", "abs, which is not known there, makes it of its inputs"),
          Map.entry("fused_attention", "torch's own; what is around it runs for its backward pass"),
          Map.entry(
              "padded_attention", "torch's own, which makes it of its inputs, and a mask there"),
          Map.entry(
              "scaled_dot_product_vjp",
              "autograd is needed, and makes what it makes of its inputs"),
          Map.entry("expert_routing", "topk, likewise; the rest is of its inputs"),
          Map.entry("expert_routing_vjp_onto_", "scatter, likewise; its zeros name the device"),
          Map.entry("expert_onto_", "which tokens an expert computes depends on values"),
          Map.entry("expert_vjp_onto_", "the same"),
          Map.entry("routing_of", "topk, likewise"),
          Map.entry("routing_logits_vjp", "scatter, likewise"),
          Map.entry("adapted_routing", "topk, likewise"),
          Map.entry("adapted_routing_vjp_onto_", "scatter, likewise"),
          Map.entry("adapted_expert_onto_", "which tokens an expert computes depends on values"),
          Map.entry("adapted_expert_vjp_onto_", "the same"),
          Map.entry("expert_inside", "it takes a list that may be empty, and makes of its inputs"),
          Map.entry("factors_of", "the same"),
          Map.entry("product_of_factors", "the same"),
          Map.entry("element_type", "it gives a number"),
          Map.entry("await_device", "it reads a value"),
          Map.entry("sample", "searchsorted, which is not known there, makes it of its inputs"));

  private static final Pattern FUNCTION = Pattern.compile("(?ms)^def (\\w+)\\(.*?(?=^def |\\z)");
  private static final Pattern CALL = Pattern.compile("(?<![\\w.])(\\w+)\\(");

  private NDManager manager;

  @BeforeEach
  void open() {
    Engine.prepareThread();
    manager = Engine.newManager(Device.cpu());
  }

  @AfterEach
  void close() {
    manager.close();
  }

  @Test
  void layers() {
    assertThat(elements("meta_layer", ones(5, 8), ones(8, 8), ones(3, 8), ones(8, 3)))
        .isEqualTo(40);
  }

  @Test
  void attention() {
    assertThat(elements("meta_attention", ones(18, 24), ones(18, 12), ones(18, 1, 6), ids()))
        .isEqualTo(18 * 24 + 3 * 24);
    assertThat(elements("meta_fused_attention", ones(2, 9, 3, 4), ones(2, 9, 4), ones(9, 24)))
        .isEqualTo(2 * 9 * 3 * 4 + 2 * 2 * 9 * 4);
  }

  @Test
  void headAndOptimizer() {
    assertThat(elements("meta_head", ones(9, 8), ones(9, 8), ids())).isEqualTo(9 * 9 + 3);
    assertThat(elements("meta_optimizer", ones(5, 8))).isEqualTo(40);
  }

  @Test
  void variantsOfLora() {
    assertThat(elements("meta_lora_variants", ones(8, 8), ones(3, 8), ones(8, 3)))
        .isEqualTo(8 + 64 + 64);
  }

  @Test
  void allElse() {
    assertThat(elements("meta_rest", ones(8, 8), ids())).isEqualTo(64 + 3 * 3 + 2 * 8 + 4);
  }

  @Test
  void vbLora() {
    assertThat(elements("meta_vblora", ones(3, 4, 8), ones(8, 6)))
        .isEqualTo(2 * (3 * 4 * 8 + 8 * 6) + 3 * 4 * 2);
  }

  @Test
  void otherMethods() {
    assertThat(elements("meta_methods", ones(5, 8), ones(4, 24)))
        .isEqualTo(5 * 8 + 2 * 5 * 3 + 4 * 24);
    assertThat(elements("meta_prefix_encoder", ones(4, 24)))
        .isEqualTo(4 * 24 + 4 * 3 + 5 * 3 + 5 + 24 * 5 + 24);
    assertThat(elements("meta_prefixed_attention", ones(1, 5, 1, 8), ones(1, 13, 8)))
        .isEqualTo(2 * 13 * 8);
  }

  /** A new kernel is to be called by one of the functions {@code meta_...} of elsewhere.py. */
  @Test
  void everyKernelIsAmongThem() {
    Map<String, String> functions = functions(Oracle.source().text());
    Set<String> run = new TreeSet<>();
    Deque<String> next = new ArrayDeque<>();
    functions.keySet().stream().filter(name -> name.startsWith("meta_")).forEach(next::add);
    while (!next.isEmpty()) {
      for (String called : calls(functions.get(next.remove()))) {
        if (functions.containsKey(called) && run.add(called)) {
          next.add(called);
        }
      }
    }
    Set<String> missing = new TreeSet<>(functions(KernelLibrary.source().text()).keySet());
    missing.removeAll(run);
    assertThat(missing).containsExactlyInAnyOrderElementsOf(ELSEWHERE.keySet());
  }

  private static Map<String, String> functions(String text) {
    Map<String, String> functions = new TreeMap<>();
    Matcher matcher = FUNCTION.matcher(text);
    while (matcher.find()) {
      functions.put(matcher.group(1), matcher.group());
    }
    return functions;
  }

  private static Set<String> calls(String function) {
    Set<String> names = new TreeSet<>();
    CALL.matcher(function).results().map((MatchResult m) -> m.group(1)).forEach(names::add);
    return names;
  }

  private NDArray ones(long... shape) {
    return manager.ones(new Shape(shape));
  }

  private NDArray ids() {
    return manager.create(new long[] {4, 1, 7});
  }

  private static long elements(String name, NDArray... arguments) {
    return Oracle.number(name, arguments);
  }
}
