/** Java notebooks: the kernel's start, and how results look in a cell. */
package io.sparkpeft.notebook;
