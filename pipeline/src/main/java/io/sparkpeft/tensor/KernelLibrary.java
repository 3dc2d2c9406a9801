package io.sparkpeft.tensor;

import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** All kernels, compiled once per process, the first time that one is called. */
final class KernelLibrary {
  /** The resources in {@code kernels}, without their ending. */
  private static final List<String> THEMES =
      List.of(
          "adapted_experts",
          "arithmetic",
          "attention",
          "blockwise",
          "bottleneck",
          "cache",
          "combination",
          "decomposition",
          "dora",
          "dropout",
          "embedding",
          "experts",
          "fused_attention",
          "head",
          "linear",
          "lora",
          "memory",
          "mlp",
          "norm",
          "optimizer",
          "prefix",
          "rope",
          "sampling",
          "scale",
          "vblora");

  private KernelLibrary() {}

  static PtSymbolBlock module() {
    return Holder.MODULE;
  }

  /** The text of all themes, one after another. */
  static KernelSource source() {
    StringBuilder text = new StringBuilder();
    for (String theme : THEMES) {
      text.append(resource("kernels/" + theme + ".py")).append('\n');
    }
    return new KernelSource(text.toString());
  }

  private static String resource(String name) {
    try (InputStream in = KernelLibrary.class.getResourceAsStream(name)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The module lives as long as the process, and so does the manager that it hangs on. */
  private static final class Holder {
    static final PtSymbolBlock MODULE = compile();

    @SuppressWarnings("resource")
    private static PtSymbolBlock compile() {
      NDManager manager = Engine.newManager(ai.djl.Device.cpu());
      byte[] archive = TorchScriptArchive.of(source());
      try {
        return JniUtils.loadModule(
            (PtNDManager) manager, new ByteArrayInputStream(archive), false, false);
      } catch (IOException e) {
        throw new UncheckedIOException(e);
      }
    }
  }
}
