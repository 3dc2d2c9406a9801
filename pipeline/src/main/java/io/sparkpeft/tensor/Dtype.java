package io.sparkpeft.tensor;

import java.util.Arrays;
import java.util.Optional;

/** The element types of the tensors that model files hold and kernels work on. */
public enum Dtype {
  FLOAT64(8, "F64", 7),
  FLOAT32(4, "F32", 6),
  FLOAT16(2, "F16", 5),
  BFLOAT16(2, "BF16", 15),
  INT64(8, "I64", 4),
  INT32(4, "I32", 3),
  INT16(2, "I16", 2),
  INT8(1, "I8", 1),
  UINT8(1, "U8", 0),
  BOOL(1, "BOOL", 11);

  private final int bytes;
  private final String safetensorsName;
  private final int scalarType;

  Dtype(int bytes, String safetensorsName, int scalarType) {
    this.bytes = bytes;
    this.safetensorsName = safetensorsName;
    this.scalarType = scalarType;
  }

  /** Bytes of one element. */
  public int bytes() {
    return bytes;
  }

  /** Its name in a safetensors header: F32, BF16, ... */
  public String safetensorsName() {
    return safetensorsName;
  }

  /** Its name in config.json and in recipes: float32, bfloat16, ... */
  public String torchName() {
    return name().toLowerCase(java.util.Locale.ROOT);
  }

  public boolean isFloatingPoint() {
    return this == FLOAT64 || this == FLOAT32 || this == FLOAT16 || this == BFLOAT16;
  }

  /** The number of c10::ScalarType, by which TorchScript knows it. */
  int scalarType() {
    return scalarType;
  }

  static Dtype ofScalarType(long number) {
    return Arrays.stream(values())
        .filter(dtype -> dtype.scalarType == number)
        .findFirst()
        .orElseThrow(() -> TensorErrors.unknownScalarType(number));
  }

  public static Optional<Dtype> ofSafetensorsName(String name) {
    return Arrays.stream(values()).filter(d -> d.safetensorsName.equals(name)).findFirst();
  }

  /**
   * @param name float32, bfloat16, ..., with or without {@code torch.} before it
   */
  public static Optional<Dtype> ofTorchName(String name) {
    String plain = name.startsWith("torch.") ? name.substring("torch.".length()) : name;
    return Arrays.stream(values()).filter(d -> d.torchName().equals(plain)).findFirst();
  }
}
