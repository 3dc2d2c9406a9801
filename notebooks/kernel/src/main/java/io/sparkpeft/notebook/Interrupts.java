package io.sparkpeft.notebook;

import java.lang.reflect.Field;
import java.lang.reflect.Proxy;
import org.apache.spark.sql.SparkSession;
import org.rapaio.jupyter.kernel.core.RapaioKernel;
import org.rapaio.jupyter.kernel.core.java.RapaioExecutionControl;
import org.rapaio.jupyter.kernel.core.java.RapaioExecutionControlProvider;

/**
 * Jupyter's stop button: SIGINT ends the running cell and Spark's jobs, and nothing else. (The
 * kernel's own way, by a message, loses the cell's answer and then runs no more cells.)
 */
final class Interrupts {
  private static final String SIGNAL = "sun.misc.Signal";
  private static final String HANDLER = "sun.misc.SignalHandler";

  private Interrupts() {}

  /**
   * The JDK has no supported API for signals, and javac refuses this one by name.
   *
   * @throws io.sparkpeft.base.SparkPeftException (70) if the kernel has no running cells to find
   */
  static void stopCellsOf(RapaioKernel kernel) {
    try {
      RapaioExecutionControl cells = cells(kernel);
      Class<?> handlerType = Class.forName(HANDLER);
      Object handler =
          Proxy.newProxyInstance(
              Interrupts.class.getClassLoader(),
              new Class<?>[] {handlerType},
              (proxy, method, arguments) -> {
                stop(cells);
                return null;
              });
      Class<?> signal = Class.forName(SIGNAL);
      signal
          .getMethod("handle", signal, handlerType)
          .invoke(null, signal.getConstructor(String.class).newInstance("INT"), handler);
    } catch (ReflectiveOperationException e) {
      throw NotebookErrors.otherKernel(e);
    }
  }

  private static RapaioExecutionControl cells(RapaioKernel kernel)
      throws ReflectiveOperationException {
    Object engine = kernel.javaEngine();
    RapaioExecutionControlProvider provider =
        (RapaioExecutionControlProvider) field(engine, "controlProvider");
    return provider.getRegisteredControl((String) field(engine, "executionId"));
  }

  private static Object field(Object owner, String name) throws ReflectiveOperationException {
    Field field = owner.getClass().getDeclaredField(name);
    field.setAccessible(true);
    return field.get(owner);
  }

  private static void stop(RapaioExecutionControl cells) {
    cells.interrupt();
    if (SparkSession.getDefaultSession().isDefined()) {
      SparkSession.getDefaultSession().get().sparkContext().cancelAllJobs();
    }
  }
}
