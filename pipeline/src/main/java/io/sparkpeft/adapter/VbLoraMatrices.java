package io.sparkpeft.adapter;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import io.sparkpeft.adapter.VbLoraTarget.Matrix;
import io.sparkpeft.adapter.VbLoraTarget.Side;
import io.sparkpeft.tensor.Dtype;
import io.sparkpeft.tensor.LinearKernels;
import io.sparkpeft.tensor.Tensors;
import io.sparkpeft.tensor.VbLoraKernels;
import io.sparkpeft.tensor.VbLoraKernels.Choice;
import io.sparkpeft.tensor.VbLoraKernels.Gradients;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.function.BiConsumer;
import java.util.function.Function;
import java.util.stream.Collectors;

/**
 * The matrices A and B of all adapted layers, and how they follow from bank and logits: every
 * length-b piece of them is a mixture of the k vectors with the largest logits. They are composed
 * once per step. (Li, Han and Ji 2024, arXiv:2405.15179, equations 2 to 4.)
 */
final class VbLoraMatrices implements Derivation {
  private final NDManager manager;
  private final int topk;
  private final DeltaTensor bank;
  private final Map<String, DeltaTensor> tensors = new LinkedHashMap<>();
  private final List<Side> sides = new ArrayList<>();
  private final Map<String, Choice> choices = new LinkedHashMap<>();
  private Map<String, DeltaTensor> trained = Map.of();
  private NDManager ofChoices;

  VbLoraMatrices(
      NDManager manager, VbLoraConfig config, List<VbLoraTarget> targets, DeltaTensor bank) {
    this.manager = manager;
    this.topk = config.topk();
    this.bank = bank;
    this.ofChoices = manager.newSubManager();
    for (VbLoraTarget target : targets) {
      sides.addAll(target.sides());
    }
    for (Side side : sides) {
      NDArray matrix = Tensors.empty(manager, Dtype.FLOAT32, side.shape());
      tensors.put(side.nameOfMatrix(), new DeltaTensor(side.nameOfMatrix(), matrix));
    }
  }

  Set<String> namesOfLogits() {
    return sides.stream().map(Side::nameOfLogits).collect(Collectors.toSet());
  }

  DeltaTensor tensor(Side side) {
    return tensors.get(side.nameOfMatrix());
  }

  /** What every matrix is mixed of at present. */
  void forEach(BiConsumer<Side, Choice> action) {
    sides.forEach(side -> action.accept(side, choice(side)));
  }

  /** Lets all follow the logits among these from now on. */
  void follow(Map<String, DeltaTensor> parameters) {
    trained = Map.copyOf(parameters);
    refresh();
  }

  @Override
  public void refresh() {
    if (trained.isEmpty()) {
      return; // out of a file of top-k weights, which do not change
    }
    NDManager old = ofChoices;
    ofChoices = manager.newSubManager();
    compose(side -> VbLoraKernels.choice(ofChoices, logits(side).value(), topk));
    old.close();
  }

  /** Composes all matrices of given choices. */
  void compose(Function<Side, Choice> chosen) {
    for (Side side : sides) {
      Choice choice = chosen.apply(side);
      choices.put(side.nameOfMatrix(), choice);
      if (side.matrix() == Matrix.A) {
        VbLoraKernels.composeA(tensor(side).value(), choice, bank.value());
      } else {
        VbLoraKernels.composeB(tensor(side).value(), choice, bank.value());
      }
    }
  }

  private Choice choice(Side side) {
    return choices.get(side.nameOfMatrix());
  }

  private DeltaTensor logits(Side side) {
    return trained.get(side.nameOfLogits());
  }

  @Override
  public void pullBack(
      NDManager scope, Map<String, NDArray> gradients, BiConsumer<DeltaTensor, NDArray> sink) {
    NDArray ofBank = scope.zeros(bank.value().getShape());
    for (Side side : sides) {
      NDArray g = gradients.get(side.nameOfMatrix());
      Gradients found =
          side.matrix() == Matrix.A
              ? VbLoraKernels.vjpOfA(scope, g, choice(side), bank.value())
              : VbLoraKernels.vjpOfB(scope, g, choice(side), bank.value());
      try (NDArray ofLogits = found.logits();
          NDArray more = found.bank()) {
        sink.accept(logits(side), ofLogits);
        LinearKernels.addInPlace(scope, ofBank, more);
      }
    }
    sink.accept(bank, ofBank);
    gradients.keySet().stream()
        .filter(name -> !tensors.containsKey(name))
        .forEach(name -> sink.accept(trained.get(name), gradients.get(name)));
  }
}
