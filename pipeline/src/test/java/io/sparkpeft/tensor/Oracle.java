package io.sparkpeft.tensor;

import ai.djl.Device;
import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.pytorch.engine.PtNDArray;
import ai.djl.pytorch.engine.PtNDManager;
import ai.djl.pytorch.engine.PtSymbolBlock;
import ai.djl.pytorch.jni.IValue;
import ai.djl.pytorch.jni.IValueUtils;
import ai.djl.pytorch.jni.JniUtils;
import java.io.ByteArrayInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;

/** The functions of the scripts beside it, called with autograd at work. */
final class Oracle {
  private static final List<String> SCRIPTS =
      List.of("oracle.py", "oracle_adapters.py", "elsewhere.py");
  private static final PtSymbolBlock MODULE = compile();

  private Oracle() {}

  static NDArray tensor(NDManager manager, String name, NDArray... arguments) {
    NDList list = new NDList();
    for (NDArray argument : arguments) {
      NDArray own = argument.duplicate();
      own.setName("");
      list.add(own);
    }
    NDArray method = manager.create(0);
    method.setName("module_method:" + name);
    list.add(method);
    JniUtils.setGradMode(true);
    try {
      return IValueUtils.forward(MODULE, list, true).singletonOrThrow();
    } finally {
      JniUtils.setGradMode(false);
    }
  }

  static long number(String name, NDArray... arguments) {
    IValue[] values =
        Arrays.stream(arguments).map(a -> IValue.from((PtNDArray) a)).toArray(IValue[]::new);
    try (IValue result = IValueUtils.runMethod(MODULE, name, values)) {
      return result.toLong();
    } finally {
      Arrays.stream(values).forEach(IValue::close);
    }
  }

  /** The kernels and their twins. */
  static KernelSource source() {
    StringBuilder text = new StringBuilder(KernelLibrary.source().text());
    SCRIPTS.forEach(script -> text.append(text(script)));
    return new KernelSource(text.toString());
  }

  private static String text(String script) {
    try (InputStream in = Oracle.class.getResourceAsStream(script)) {
      return new String(in.readAllBytes(), StandardCharsets.UTF_8) + "\n\n";
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private static PtSymbolBlock compile() {
    Engine.prepareThread();
    try {
      return JniUtils.loadModule(
          (PtNDManager) Engine.newManager(Device.cpu()),
          new ByteArrayInputStream(TorchScriptArchive.of(source())),
          false,
          false);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
