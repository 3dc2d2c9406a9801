package io.sparkpeft.collective;

import java.util.List;
import java.util.stream.IntStream;

/** Ranks that are threads of one process: for tests, and for a run of one rank. */
public final class InProcessCollective {
  private InProcessCollective() {}

  /** One rank, alone: every sum is what it was. */
  public static Collective alone() {
    return group(1).get(0);
  }

  /** The collectives of {@code size} ranks, in rank order; each is for a thread of its own. */
  public static List<Collective> group(int size) {
    return group(size, Patience.standard());
  }

  public static List<Collective> group(int size, Patience patience) {
    InProcessRing ring = new InProcessRing(size, patience);
    return IntStream.range(0, size)
        .<Collective>mapToObj(rank -> new RingCollective(ring.transport(rank)))
        .toList();
  }
}
