package io.sparkpeft.data;

/** One bit per token, least significant first: whether it is a target. */
public final class TargetBits {
  private TargetBits() {}

  /** The bytes that hold as many bits as there are tokens. */
  public static int bytes(int tokens) {
    return (tokens + Byte.SIZE - 1) / Byte.SIZE;
  }

  public static byte[] pack(boolean[] targets) {
    byte[] bits = new byte[bytes(targets.length)];
    for (int i = 0; i < targets.length; i++) {
      if (targets[i]) {
        bits[i / Byte.SIZE] |= (byte) (1 << (i % Byte.SIZE));
      }
    }
    return bits;
  }

  public static boolean[] unpack(byte[] bits, int tokens) {
    boolean[] targets = new boolean[tokens];
    for (int i = 0; i < tokens; i++) {
      targets[i] = (bits[i / Byte.SIZE] >> (i % Byte.SIZE) & 1) == 1;
    }
    return targets;
  }
}
