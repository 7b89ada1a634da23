/* Marks the functions that other programs find in a library; all others are hidden. */
#ifndef COPAIN_EXPORT_H
#define COPAIN_EXPORT_H

#define EXPORT __attribute__((visibility("default")))

#endif
