package io.sparkpeft.notebook;

import org.rapaio.jupyter.kernel.MainApp;
import org.rapaio.jupyter.kernel.display.DisplayData;

/** Where a running cell's output goes. */
interface CellOutput {

  /** Below what the cell has shown so far. */
  void show(DisplayData data);

  /** In the place of what was shown under the same display id. */
  void redraw(DisplayData data);

  CellOutput OF_KERNEL =
      new CellOutput() {
        @Override
        public void show(DisplayData data) {
          MainApp.kernel.display(data);
        }

        @Override
        public void redraw(DisplayData data) {
          MainApp.kernel.updateDisplay(data);
        }
      };
}
