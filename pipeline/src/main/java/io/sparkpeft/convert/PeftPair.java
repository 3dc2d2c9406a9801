package io.sparkpeft.convert;

import io.sparkpeft.weights.NamedTensor;
import io.sparkpeft.weights.TensorSource;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * PEFT's A and B of one module, made of litgpt's: exactly the same product. The outputs of a module
 * may belong to several of litgpt's As (a fused layer whose parts have their own; a gate above its
 * up-projection). Then A has all of them below each other, and B has zeros but where an output's
 * row meets its own A: [out, rank * parts].
 *
 * @param outputs where each output has its row of B from; empty where it has none
 * @param parts the As, in the order of A
 */
record PeftPair(TensorSource source, List<Optional<Output>> outputs, List<Part> parts) {

  /** One of the As of litgpt's pair. */
  record Part(LitLoraPair pair, int group) {
    @Override
    public boolean equals(Object other) {
      return other instanceof Part part
          && part.group == group
          && part.pair.module().equals(pair.module());
    }

    @Override
    public int hashCode() {
      return 31 * pair.module().hashCode() + group;
    }
  }

  /** A row of litgpt's B, and the A that it belongs to. */
  record Output(Part part, int row) {}

  /**
   * @param rows of litgpt's modules that are the outputs
   * @param pairs by litgpt's modules
   * @return empty if no output has any
   */
  static Optional<PeftPair> of(
      TensorSource source, List<Rows> rows, Map<String, LitLoraPair> pairs) {
    List<Optional<Output>> outputs = new ArrayList<>();
    for (Rows piece : rows) {
      Optional<LitLoraPair> pair = Optional.ofNullable(pairs.get(piece.source()));
      for (long row = piece.first(); row < piece.first() + piece.count(); row++) {
        int output = (int) row;
        outputs.add(pair.flatMap(found -> output(found, output)));
      }
    }
    Set<Part> parts = new LinkedHashSet<>();
    outputs.forEach(output -> output.ifPresent(o -> parts.add(o.part())));
    return parts.isEmpty()
        ? Optional.empty()
        : Optional.of(new PeftPair(source, outputs, List.copyOf(parts)));
  }

  private static Optional<Output> output(LitLoraPair pair, int output) {
    int row = pair.rowOf()[output];
    return row < 0
        ? Optional.empty()
        : Optional.of(new Output(new Part(pair, pair.groupOf()[row]), row));
  }

  int rank() {
    return parts.size() * parts.get(0).pair().rank();
  }

  /** Under PEFT's names. */
  List<NamedTensor> tensors(String module) {
    LitLoraPair first = parts.get(0).pair();
    String prefix = "base_model.model." + module;
    long[] shapeOfA = {rank(), first.a().shape()[1]};
    long[] shapeOfB = {outputs.size(), rank()};
    return List.of(
        new NamedTensor(prefix + ".lora_A.weight", first.a().dtype(), shapeOfA, this::valuesOfA),
        new NamedTensor(prefix + ".lora_B.weight", first.b().dtype(), shapeOfB, this::valuesOfB));
  }

  private ByteBuffer valuesOfA() {
    List<Rows> rows = new ArrayList<>();
    for (Part part : parts) {
      int rank = part.pair().rank();
      rows.add(new Rows(part.pair().a().name(), (long) part.group() * rank, rank));
    }
    return new Assembly(source).tensor("A", rows).bytes().get();
  }

  private ByteBuffer valuesOfB() {
    LitLoraPair first = parts.get(0).pair();
    int width = first.rank() * first.b().dtype().bytes();
    ByteBuffer values = ByteBuffer.allocateDirect(outputs.size() * parts.size() * width);
    for (int part = 0; part < parts.size(); part++) {
      ByteBuffer stored = source.bytes(parts.get(part).pair().b().name());
      for (int output = 0; output < outputs.size(); output++) {
        Optional<Output> from = outputs.get(output);
        if (from.isPresent() && from.get().part().equals(parts.get(part))) {
          int place = (output * parts.size() + part) * width;
          values.put(place, stored, from.get().row() * width, width);
        }
      }
    }
    return values.order(ByteOrder.LITTLE_ENDIAN);
  }
}
