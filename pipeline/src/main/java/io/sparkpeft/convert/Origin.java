package io.sparkpeft.convert;

import io.sparkpeft.convert.Heads.Part;
import java.util.ArrayList;
import java.util.List;

/** Where a module of Hugging Face's has its outputs from. N stands for a layer's number. */
sealed interface Origin {

  /** The modules that it is made of. */
  List<String> sources();

  /** The outputs of those, in the order of this module's. */
  List<Rows> rows(Outputs outputs);

  /** What is known of the modules of a checkpoint. */
  interface Outputs {
    Heads heads();

    /** In which the checkpoint's fused layers have queries, keys and values. */
    QueryKeyValue order();

    /** How many outputs a module has. */
    long count(String source);
  }

  /** One module as it is, or several below each other. */
  record Whole(List<String> sources) implements Origin {
    @Override
    public List<Rows> rows(Outputs outputs) {
      return sources.stream().map(source -> new Rows(source, 0, outputs.count(source))).toList();
    }
  }

  /** The queries, the keys or the values of a fused layer. */
  record Of(String source, Part part) implements Origin {
    @Override
    public List<String> sources() {
      return List.of(source);
    }

    @Override
    public List<Rows> rows(Outputs outputs) {
      return outputs.order().rows(source, outputs.heads(), part);
    }
  }

  /** A fused layer in an order that it need not have had. */
  record Fused(String source, QueryKeyValue order) implements Origin {
    @Override
    public List<String> sources() {
      return List.of(source);
    }

    @Override
    public List<Rows> rows(Outputs outputs) {
      return Rows.joined(order.rows(source, outputs.heads(), outputs.order()));
    }
  }

  /**
   * Queries or keys whose rotary positions turn neighbouring features, for a model that turns
   * features half a head apart: of every head, first the even outputs, then the odd ones.
   */
  record Turned(String source) implements Origin {
    @Override
    public List<String> sources() {
      return List.of(source);
    }

    @Override
    public List<Rows> rows(Outputs outputs) {
      List<Rows> rows = new ArrayList<>();
      long size = outputs.heads().size();
      for (long head = 0; head < outputs.count(source); head += size) {
        for (long odd = 0; odd < 2; odd++) {
          for (long feature = odd; feature < size; feature += 2) {
            rows.add(new Rows(source, head + feature, 1));
          }
        }
      }
      return rows;
    }
  }

  static Origin whole(String... sources) {
    return new Whole(List.of(sources));
  }
}
