using NetSniff.Records;

namespace NetSniff.Cli.Outputs;

/// <summary>One way of showing records. Called by one thread at a time.</summary>
internal abstract class Output
{
    /// <summary>Whether it wants to see every record.</summary>
    public virtual bool IsWatching => false;

    /// <summary>Sees every record, before the filter is asked, if it is watching.</summary>
    public virtual void Watch(RecordView record) { }

    /// <summary>Takes one record that passed the filter.</summary>
    /// <returns>Whether it became something a person counts: a line, not a silence.</returns>
    public abstract bool Write(RecordView record);

    /// <summary>Everything has come: says what was still held back.</summary>
    public virtual void Finish() => Flush();

    /// <summary>Hands on what has gathered: after each batch of a live capture.</summary>
    public virtual void Flush() { }
}
