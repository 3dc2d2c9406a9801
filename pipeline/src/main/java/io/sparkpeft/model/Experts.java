package io.sparkpeft.model;

import io.sparkpeft.adapter.LinearModule;
import io.sparkpeft.adapter.WeightStack;
import io.sparkpeft.adapter.WeightStack.Piece;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * Many networks in the place of a layer's one, of which a router chooses some for each token.
 * (Shazeer et al. 2017, arXiv:1701.06538; Jiang et al. 2024, arXiv:2401.04088.)
 *
 * @param count of the networks
 * @param perToken how many of them compute a token
 * @param normalized whether what these count for a token sums to one
 * @param names where they are
 */
record Experts(int count, int perToken, boolean normalized, Names names) {

  /**
   * Paths below a layer.
   *
   * @param router the layer that chooses
   * @param experts what the experts' numbers follow
   * @param gate below an expert, and so are the others
   */
  record Names(String router, String experts, String gate, String up, String down) {
    static final Names MIXTRAL =
        new Names("block_sparse_moe.gate", "block_sparse_moe.experts", "w1", "w3", "w2");

    static final Names QWEN =
        new Names("mlp.gate", "mlp.experts", "gate_proj", "up_proj", "down_proj");
  }

  private static final String INS = "gate_up_proj";
  private static final String OUTS = "down_proj";

  /** The router's path. */
  String router(String layer) {
    return layer + names.router();
  }

  /** The paths of all gates; every expert's weight is [intermediate, hidden]. */
  List<String> gates(String layer) {
    return each(layer, names.gate());
  }

  /** Those of what the gates let through, of the same shape. */
  List<String> ups(String layer) {
    return each(layer, names.up());
  }

  /** Those of the ways back, [hidden, intermediate]. */
  List<String> downs(String layer) {
    return each(layer, names.down());
  }

  /** The linear layers of all of a layer's networks. */
  Stream<LinearModule> modules(String layer, long hidden, long intermediate) {
    Stream<LinearModule> in =
        Stream.concat(gates(layer).stream(), ups(layer).stream())
            .map(name -> new LinearModule(name, hidden, intermediate));
    Stream<LinearModule> back =
        downs(layer).stream().map(name -> new LinearModule(name, intermediate, hidden));
    return Stream.concat(in, back);
  }

  /**
   * As PEFT has them where the experts of a layer are two parameters (transformers 5 and later):
   * gates and what they let through, the ways back, and the router.
   */
  List<WeightStack> stacks(String layer, long hidden, long intermediate) {
    List<Piece> ins = new ArrayList<>(pieces(gates(layer), 0, intermediate));
    ins.addAll(pieces(ups(layer), intermediate, intermediate));
    List<Piece> outs = pieces(downs(layer), 0, hidden);
    Piece whole = new Piece(ModuleNames.weight(router(layer)), 0, 0, count);
    String module = layer + "mlp.experts";
    return List.of(
        new WeightStack(module, INS, count, hidden, 2 * intermediate, ins),
        new WeightStack(module, OUTS, count, intermediate, hidden, outs),
        new WeightStack(layer + "mlp.gate", "weight", 1, hidden, count, List.of(whole)));
  }

  private static List<Piece> pieces(List<String> modules, long from, long rows) {
    return IntStream.range(0, modules.size())
        .mapToObj(i -> new Piece(ModuleNames.weight(modules.get(i)), i, from, rows))
        .toList();
  }

  /** What linear layers were called by the parameters that they are in now, as PEFT maps them. */
  Map<String, String> formerNames() {
    return Map.of("gate", "gate.weight", names.gate(), INS, names.up(), INS, names.down(), OUTS);
  }

  private List<String> each(String layer, String part) {
    return IntStream.range(0, count)
        .mapToObj(expert -> layer + names.experts() + "." + expert + "." + part)
        .toList();
  }

  /** Last parts of names that mean experts or routers. */
  Set<String> lastNames() {
    String router = names.router().substring(names.router().lastIndexOf('.') + 1);
    return Set.of(router, "experts", names.gate(), names.up(), names.down());
  }

  /**
   * The router's path and those below the first expert, then all as PEFT has them where the experts
   * of a layer are two parameters (transformers 5 and later).
   */
  Set<String> named(String layer) {
    Set<String> paths = new LinkedHashSet<>(List.of(router(layer), layer + "mlp.gate"));
    for (String part : List.of(names.gate(), names.up(), names.down())) {
      paths.add(layer + names.experts() + ".0." + part);
      paths.add(layer + "mlp.experts." + part);
    }
    paths.add(layer + "mlp.experts");
    return paths;
  }

  /** Whether a tensor of the model is theirs or the router's. */
  boolean own(String tensor) {
    return tensor.contains("." + names.experts() + ".")
        || tensor.contains("." + names.router() + ".");
  }
}
