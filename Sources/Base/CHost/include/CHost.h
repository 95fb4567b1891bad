#pragma once
/// Pins the calling thread to one CPU: 0, or an error number.
int host_pin_to_cpu(int cpu);
