package io.sparkpeft.model;

import io.sparkpeft.adapter.Adapter;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * Texts cut so that what several of them begin with is read once: the examples before all questions
 * of a task, a question before each of its answers. (Zheng et al. 2023, arXiv:2312.07104, keep such
 * a tree of prefixes; Juravsky et al. 2024, arXiv:2402.05099, attend to one.)
 *
 * @param documents the parts, those of texts with the same adapter beside each other
 * @param tokens of all parts
 * @param adapters of the parts
 * @param lastParts the part that each text ends with
 * @param lengths of the texts
 */
record PrefixTree(
    Documents documents,
    int[] tokens,
    List<Optional<Adapter>> adapters,
    long[] lastParts,
    int[] lengths) {

  /** What is shared must be worth a document of its own. */
  static final int SHORTEST_SHARED = 16;

  /**
   * @param adapters of the texts, those of one adapter beside each other
   */
  static PrefixTree of(List<int[]> texts, List<Optional<Adapter>> adapters, DecoderConfig config) {
    Builder builder = new Builder(texts, adapters);
    int longest = texts.stream().mapToInt(text -> text.length).max().orElse(0);
    int virtual = adapters.isEmpty() ? 0 : Decoder.virtualTokens(adapters.get(0));
    boolean positionsDepend =
        config.outgrownLength().stream().anyMatch(length -> virtual + longest >= length);
    for (int from = 0; from < texts.size(); ) {
      int to = from;
      List<Integer> together = new ArrayList<>();
      while (to < texts.size() && adapters.get(to).equals(adapters.get(from))) {
        together.add(to++);
      }
      if (positionsDepend) {
        together.forEach(text -> builder.addRest(text, 0, Documents.NONE));
      } else {
        together.sort(Comparator.comparing(text -> texts.get(text), Arrays::compare));
        builder.add(together, 0, Documents.NONE);
      }
      from = to;
    }
    return builder.built();
  }

  /** How many tokens two texts begin with alike. */
  static int alike(int[] a, int[] b) {
    int differs = Arrays.mismatch(a, b);
    return differs < 0 ? a.length : differs;
  }

  /** The rows of the texts' last tokens. */
  long[] lastRows() {
    long[] rows = new long[lengths.length];
    Rows all = rows();
    Arrays.setAll(rows, text -> all.of(text, lengths[text] - 1));
    return rows;
  }

  Rows rows() {
    return new Rows(documents.firstRows(), documents.begins());
  }

  /** Where tokens of texts lie among the rows of activations. */
  final class Rows {
    private final long[] firstRows;
    private final long[] begins;

    private Rows(long[] firstRows, long[] begins) {
      this.firstRows = firstRows;
      this.begins = begins;
    }

    long of(int text, int position) {
      int part = Math.toIntExact(lastParts[text]);
      while (position < begins[part]) {
        part = Math.toIntExact(documents.stems()[part]);
      }
      return firstRows[part] + position - begins[part];
    }
  }

  private static final class Builder {
    private final List<int[]> texts;
    private final List<Optional<Adapter>> ofTexts;
    private final List<int[]> parts = new ArrayList<>();
    private final List<Long> stems = new ArrayList<>();
    private final List<Optional<Adapter>> adapters = new ArrayList<>();
    private final long[] lastParts;

    Builder(List<int[]> texts, List<Optional<Adapter>> ofTexts) {
      this.texts = texts;
      this.ofTexts = ofTexts;
      this.lastParts = new long[texts.size()];
    }

    /**
     * @param sorted texts of one adapter that begin alike
     * @param from the position behind the stem
     */
    void add(List<Integer> sorted, int from, long stem) {
      int[] first = texts.get(sorted.get(0));
      if (sorted.size() == 1) {
        addRest(sorted.get(0), from, stem);
        return;
      }
      int same = alike(first, texts.get(sorted.get(sorted.size() - 1)));
      boolean isShared = same - from >= SHORTEST_SHARED;
      long shared = isShared ? part(sorted.get(0), from, same, stem) : stem;
      int begin = isShared ? same : from;
      List<Integer> longer = new ArrayList<>();
      for (int text : sorted) {
        if (texts.get(text).length > same) {
          longer.add(text);
        } else if (isShared) {
          lastParts[text] = shared;
        } else {
          addRest(text, from, stem);
        }
      }
      addByToken(longer, same, begin, shared);
    }

    /** Each group of those with the same token at a position. */
    private void addByToken(List<Integer> sorted, int at, int from, long stem) {
      for (int begin = 0; begin < sorted.size(); ) {
        int token = texts.get(sorted.get(begin))[at];
        int end = begin + 1;
        while (end < sorted.size() && texts.get(sorted.get(end))[at] == token) {
          end++;
        }
        add(sorted.subList(begin, end), from, stem);
        begin = end;
      }
    }

    void addRest(int text, int from, long stem) {
      lastParts[text] = part(text, from, texts.get(text).length, stem);
    }

    private long part(int text, int from, int to, long stem) {
      parts.add(Arrays.copyOfRange(texts.get(text), from, to));
      stems.add(stem);
      adapters.add(ofTexts.get(text));
      return parts.size() - 1L;
    }

    PrefixTree built() {
      return new PrefixTree(
          new Documents(
              parts.stream().mapToLong(part -> part.length).toArray(),
              stems.stream().mapToLong(stem -> stem).toArray()),
          Documents.joined(parts),
          List.copyOf(adapters),
          lastParts,
          texts.stream().mapToInt(text -> text.length).toArray());
    }
  }
}
