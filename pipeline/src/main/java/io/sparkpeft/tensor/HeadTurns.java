package io.sparkpeft.tensor;

import ai.djl.ndarray.NDArray;
import java.util.Optional;

/**
 * Rotary position embedding of one head's row after another, for the tokens of one document. (Su et
 * al. 2021, arXiv:2104.09864.) As {@code kernels/rope.py}: feature i turns with feature i + turning
 * / 2, and features from turning on stay.
 */
final class HeadTurns {
  private static final float FORWARD = 1;
  private static final float BACK = -1;

  private final Lanes lanes;
  private final int features;
  private final int turning;
  private final Optional<Tables> tables;

  /** As tensors [N, 1, turning], of which the sine is negative in its first half. */
  private record Tables(TensorRows cos, TensorRows sin) {}

  // Of the document's tokens [length, turning].
  private float[] cos = new float[0];
  private float[] sin = new float[0];

  private HeadTurns(Lanes lanes, int features, int turning, Optional<Tables> tables) {
    this.lanes = lanes;
    this.features = features;
    this.turning = turning;
    this.tables = tables;
  }

  /**
   * @param cos [N, 1, turning]
   * @param sin [N, 1, turning], negative in its first half
   */
  static HeadTurns of(NDArray cos, NDArray sin, int features, Lanes lanes) {
    int turning = Math.toIntExact(cos.getShape().get(2));
    if (turning == 0) {
      return still(features, lanes);
    }
    Tables tables =
        new Tables(
            TensorRows.of(cos, turning, turning, lanes),
            TensorRows.of(sin, turning, turning, lanes));
    return new HeadTurns(lanes, features, turning, Optional.of(tables));
  }

  /** Those that turn nothing. */
  static HeadTurns still(int features, Lanes lanes) {
    return new HeadTurns(lanes, features, 0, Optional.empty());
  }

  /** Goes on to a document. */
  void begin(int firstToken, int length) {
    if (tables.isEmpty()) {
      return;
    }
    int count = length * turning;
    if (cos.length < count + Lanes.COUNT) {
      cos = new float[count + Lanes.COUNT];
      sin = new float[count + Lanes.COUNT];
    }
    tables.get().cos().read(0, firstToken, count, cos, 0);
    tables.get().sin().read(0, firstToken, count, sin, 0);
  }

  /**
   * Rows of heads side by side, rotated. Of what lies behind the result, less than a group of lanes
   * is lost.
   *
   * @param token of the document
   */
  void forward(float[] from, int fromAt, int heads, int token, float[] to, int toAt) {
    turn(from, fromAt, heads, token, FORWARD, to, toAt);
  }

  /** The other way round. */
  void back(float[] from, int fromAt, int heads, int token, float[] to, int toAt) {
    turn(from, fromAt, heads, token, BACK, to, toAt);
  }

  private void turn(
      float[] from, int fromAt, int heads, int token, float direction, float[] to, int toAt) {
    int half = turning / 2;
    int at = token * turning;
    // In ascending order: what is written too far is written again.
    for (int head = 0; head < heads; head++) {
      int x = fromAt + head * features;
      int y = toAt + head * features;
      lanes.turn(from, x, x + half, cos, sin, at, half, direction, to, y);
      lanes.turn(from, x + half, x, cos, sin, at + half, half, direction, to, y + half);
      if (turning < features) {
        System.arraycopy(from, x + turning, to, y + turning, features - turning);
      }
    }
  }
}
