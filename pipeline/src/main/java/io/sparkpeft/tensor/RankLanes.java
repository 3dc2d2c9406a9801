package io.sparkpeft.tensor;

/**
 * Products of rows of numbers with narrow matrices, in fp32, {@value Lanes#COUNT} numbers at a
 * time. Every number is summed up by itself and in the same order everywhere, so that all
 * implementations give the same bits.
 *
 * <p>Rows are blocks of an array: row i begins at {@code at + i stride}.
 */
interface RankLanes {
  /** How many rows {@link #inner} computes at once. */
  int ROWS = 8;

  /** How many ranks {@link #expand} and {@link #outer} compute at once. */
  int RANKS = 8;

  /** How many features {@link #outer} computes at once. */
  int FEATURES = 2 * Lanes.COUNT;

  /** How many ranks of as many rows {@link #dots} computes at once. */
  int DOTS = 4;

  /**
   * {@value Lanes#COUNT} ranks of {@value #ROWS} rows: {@code u[i][j] = sum over k of x[i][k]
   * columns[k][j]}, in place of what is in u.
   *
   * @param features how many numbers of a row are read
   * @param columns groups of lanes, one for each feature
   * @param uStride from one row of u to the next
   */
  void inner(
      float[] x,
      int at,
      int stride,
      int features,
      float[] columns,
      int columnsAt,
      float[] u,
      int uAt,
      int uStride);

  /**
   * The same for {@value #DOTS} ranks of {@value #DOTS} rows: {@code u[i][j] = sum over k of
   * x[i][k] rows[j][k]}. Each lane sums up what it meets; then the upper half of the lanes is added
   * to the lower one until one number is left. Faster than {@link #inner} where there is much to
   * sum up.
   *
   * @param features whole groups of lanes
   * @param rows of rowsStride numbers
   * @param sums scratch, {@code DOTS * DOTS} groups of lanes
   */
  void dots(
      float[] x,
      int at,
      int stride,
      int features,
      float[] rows,
      int rowsAt,
      int rowsStride,
      float[] sums,
      float[] u,
      int uAt,
      int uStride);

  /**
   * Adds {@value #RANKS} ranks to two rows: {@code x[i] += sum over j of u[i][j] rows[j]}.
   *
   * @param rows of stride numbers, whole groups of lanes, as x's
   */
  void expand(
      float[] u, int uAt, int uStride, float[] rows, int rowsAt, int stride, float[] x, int at);

  /**
   * Adds rows to {@value #FEATURES} features of {@value #RANKS} ranks: {@code sums[j] += sum over i
   * of u[i][j] x[i]}.
   *
   * @param count of the rows
   * @param sumsStride from one rank's sums to the next one's
   */
  void outer(
      float[] u,
      int uAt,
      int uStride,
      int count,
      float[] x,
      int at,
      int stride,
      float[] sums,
      int sumsAt,
      int sumsStride);
}
