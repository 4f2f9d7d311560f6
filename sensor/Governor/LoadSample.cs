namespace NetSniff.Sensor.Governor;

/// <summary>What was observed since the last look.</summary>
/// <param name="Nanos">When, on a clock that only goes forward.</param>
/// <param name="Cpus">CPU time used by time passed.</param>
/// <param name="MemoryBytes">In use now.</param>
/// <param name="PacketRate">Packets a second that were offered, the lost among them.</param>
/// <param name="Lost">Packets lost on the way in.</param>
public readonly record struct LoadSample(long Nanos, double Cpus, long MemoryBytes, double PacketRate, long Lost);
