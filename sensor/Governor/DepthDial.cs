using NetSniff.Pipeline;

namespace NetSniff.Sensor.Governor;

/// <summary>Carries the depth from the governor's thread to those of the shards, which look before each batch.
/// </summary>
public sealed class DepthDial
{
    private long _packed;

    public ShardDepth Depth
    {
        get
        {
            var packed = Volatile.Read(ref _packed);
            return packed == 0 ? ShardDepth.Full : new ShardDepth((DepthRung)(packed >> 32), (int)packed);
        }

        set => Volatile.Write(
            ref _packed, value.Rung == DepthRung.Full ? 0 : (long)value.Rung << 32 | (uint)value.OneIn);
    }
}
