package io.sparkpeft.convert;

import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.regex.Matcher;
import java.util.regex.Pattern;

/**
 * Which modules of a checkpoint make which of Hugging Face's.
 *
 * @param origins by transformers' name of the module; N stands for a layer's number in both
 */
record NameTable(Map<String, Origin> origins) {
  private static final Pattern LAYER = Pattern.compile("(?<=\\.)\\d+(?=\\.)");
  private static final String ANY_LAYER = ".N.";

  /** The same table with more, or other, entries. */
  NameTable with(Map<String, Origin> others) {
    Map<String, Origin> all = new LinkedHashMap<>(origins);
    all.putAll(others);
    return new NameTable(all);
  }

  /** The rows that make a module; empty for one that the table does not have. */
  Optional<List<Rows>> rows(String module, Origin.Outputs outputs) {
    Matcher matcher = LAYER.matcher(module);
    String layer = matcher.find() ? "." + matcher.group() + "." : ANY_LAYER;
    return Optional.ofNullable(origins.get(module.replace(layer, ANY_LAYER)))
        .map(origin -> origin.rows(new InLayer(outputs, layer)))
        .map(rows -> inLayer(rows, layer));
  }

  private static List<Rows> inLayer(List<Rows> rows, String layer) {
    return rows.stream()
        .map(r -> new Rows(r.source().replace(ANY_LAYER, layer), r.first(), r.count()))
        .toList();
  }

  /** A checkpoint's modules as one layer knows them. */
  private record InLayer(Origin.Outputs all, String layer) implements Origin.Outputs {
    @Override
    public Heads heads() {
      return all.heads();
    }

    @Override
    public QueryKeyValue order() {
      return all.order();
    }

    @Override
    public long count(String source) {
      return all.count(source.replace(ANY_LAYER, layer));
    }
  }
}
