/* Marks the functions that a library exports; all others are hidden. */
#ifndef COPAIN_EXPORT_H
#define COPAIN_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
