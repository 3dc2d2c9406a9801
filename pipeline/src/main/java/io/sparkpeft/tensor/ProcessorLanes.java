package io.sparkpeft.tensor;

import java.util.Optional;

/** All that wide vectors compute, by Java's vectors or by whatever gives the same bits. */
record ProcessorLanes(Lanes lanes, RowLanes rows, RankLanes ranks) {
  private static final Optional<ProcessorLanes> HERE = load();

  /** With this machine's vectors; nothing where {@link JavaVectors} finds none wide enough. */
  static Optional<ProcessorLanes> ofThisMachine() {
    return HERE;
  }

  /** The same where they must be there, see {@link Arithmetic}. */
  static ProcessorLanes here() {
    return HERE.orElseThrow();
  }

  private static Optional<ProcessorLanes> load() {
    float[] some = new float[RankLanes.ROWS * Lanes.COUNT];
    int stride = Lanes.COUNT;
    Optional<Lanes> lanes =
        JavaVectors.load(
            Lanes.class, "io.sparkpeft.tensor.VectorLanes", found -> found.add(some, 0, some, 1));
    Optional<RowLanes> rows =
        JavaVectors.load(
            RowLanes.class,
            "io.sparkpeft.tensor.VectorRowLanes",
            found -> found.scale(some, 0, stride, 1));
    Optional<RankLanes> ranks =
        JavaVectors.load(
            RankLanes.class,
            "io.sparkpeft.tensor.VectorRankLanes",
            found -> found.inner(some, 0, stride, 1, some, 0, some, 0, stride));
    return lanes.isPresent() && rows.isPresent() && ranks.isPresent()
        ? Optional.of(new ProcessorLanes(lanes.get(), rows.get(), ranks.get()))
        : Optional.empty();
  }
}
