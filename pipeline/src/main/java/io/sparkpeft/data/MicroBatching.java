package io.sparkpeft.data;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.PriorityQueue;
import java.util.Queue;
import java.util.stream.IntStream;

/**
 * How the examples of an optimizer step fall into micro-batches. It depends on their lengths alone,
 * not on the number of ranks, so that each micro-batch's gradient does not depend on who computes
 * it. Either way no example sees another, so that all that changes is how much is computed at once.
 */
public sealed interface MicroBatching {

  /**
   * The micro-batches, each as places among the lengths; a short one last.
   *
   * @param lengths tokens of each example of the step
   */
  List<int[]> split(int[] lengths);

  /**
   * So many examples at once, and tokens as even as may be: nothing is padded, so that
   * micro-batches of as many tokens take as much memory and time, and neither workers nor ranks
   * wait for one another. The longest example first, each to where fewest tokens are. (Graham
   * 1969.)
   *
   * @param count of a micro-batch; some may have fewer
   */
  record Examples(int count) implements MicroBatching {
    public Examples {
      requirePositive(count);
    }

    @Override
    public List<int[]> split(int[] lengths) {
      int needed = (lengths.length + count - 1) / count;
      List<Pack> packs = IntStream.range(0, needed).mapToObj(Pack::new).toList();
      Queue<Pack> open = new PriorityQueue<>(Pack.FEWEST_TOKENS_FIRST);
      open.addAll(packs);
      for (int place : longestFirst(lengths)) {
        Pack pack = open.remove();
        pack.add(place, lengths[place]);
        if (pack.size() < count) {
          open.add(pack);
        }
      }
      Comparator<Pack> mostTokensFirst = Comparator.comparingLong(Pack::tokens).reversed();
      return packs.stream().sorted(mostTokensFirst).map(Pack::places).toList();
    }
  }

  /**
   * Packing: as many examples at once as have no more than so many tokens together, so that
   * micro-batches are few and alike. By first fit, the longest first. (Johnson 1973.)
   *
   * @param tokens the most of a micro-batch; an example that has more is alone in its own
   */
  record Packed(int tokens) implements MicroBatching {
    public Packed {
      requirePositive(tokens);
    }

    @Override
    public List<int[]> split(int[] lengths) {
      List<Pack> packs = new ArrayList<>();
      for (int place : longestFirst(lengths)) {
        packs.stream()
            .filter(pack -> pack.fits(lengths[place], tokens))
            .findFirst()
            .orElseGet(() -> opened(packs))
            .add(place, lengths[place]);
      }
      return packs.stream().map(Pack::places).toList();
    }

    private static Pack opened(List<Pack> packs) {
      packs.add(new Pack(packs.size()));
      return packs.get(packs.size() - 1);
    }
  }

  private static int[] longestFirst(int[] lengths) {
    return IntStream.range(0, lengths.length)
        .boxed()
        .sorted(Comparator.comparingInt(place -> -lengths[place]))
        .mapToInt(Integer::intValue)
        .toArray();
  }

  private static void requirePositive(int size) {
    if (size < 1) {
      throw new IllegalArgumentException("a micro-batch of " + size);
    }
  }
}
