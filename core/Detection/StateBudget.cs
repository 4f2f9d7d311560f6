namespace NetSniff.Detection;

/// <summary>Memory that what detectors remember may take, all together or a part of them.</summary>
/// <param name="whole">The budget that this is a part of; null for none.</param>
public sealed class StateBudget(long bytesMax = StateBudget.BytesDefault, StateBudget? whole = null)
{
    public const long BytesDefault = 256L << 20;

    public long BytesMax { get; } = bytesMax;

    public long Bytes { get; private set; }

    /// <summary>Times that there was not enough.</summary>
    public long Refused { get; private set; }

    public bool TryTake(long bytes)
    {
        if (Bytes + bytes > BytesMax || whole?.TryTake(bytes) == false)
        {
            Refused++;
            return false;
        }

        Bytes += bytes;
        return true;
    }

    /// <summary>Gives everything back: what it was taken for is gone.</summary>
    public void Release()
    {
        if (whole is not null) whole.Bytes -= Bytes;
        Bytes = 0;
    }
}
