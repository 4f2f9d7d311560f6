namespace NetSniff.Fuzz.Fuzzing;

/// <summary>Something that takes bytes from strangers.</summary>
internal abstract class FuzzTarget : IDisposable
{
    public abstract string Name { get; }

    /// <summary>Bytes at the start of a part that say what it is; changed less often than those behind.</summary>
    public virtual int HeadBytes => 0;

    /// <summary>Most parts an input grows to.</summary>
    public virtual int PartsMax => 1;

    public virtual int PartBytesMax => 64 << 10;

    public abstract IEnumerable<FuzzInput> Seeds(SeedLibrary library);

    /// <summary>Runs one input. Whatever it throws is a finding.</summary>
    public abstract void Run(FuzzInput input, Novelty novelty);

    /// <summary>Changes a part with an eye for what it is; false leaves it to chance alone.</summary>
    public virtual bool TryMutate(ref byte[] part, Random random) => false;

    public void Dispose()
    {
        Dispose(disposing: true);
        GC.SuppressFinalize(this);
    }

    protected virtual void Dispose(bool disposing)
    {
    }
}

/// <summary>A contract was broken without anything being thrown.</summary>
internal sealed class BrokenContractException(string message) : Exception(message);
