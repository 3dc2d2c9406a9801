package io.sparkpeft.weights;

import java.nio.file.Path;

/** Opens safetensors files. (Format: https://github.com/huggingface/safetensors#format.) */
public final class Safetensors {
  private Safetensors() {}

  /**
   * Reads and checks a file's header; the tensors stay on disk until their pages are touched.
   *
   * @throws io.sparkpeft.base.SparkPeftException (66) if the file is missing; (65) if its header is
   *     too long, is not JSON, names a tensor twice or a dtype we do not know, or if its tensors
   *     leave gaps, overlap, disagree with their shapes, or do not end where the file ends
   */
  public static SafetensorsFile open(Path file) {
    return new SafetensorsHeaderReader(file).read();
  }
}
