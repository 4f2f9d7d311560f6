namespace NetSniff.Worker.Enrich;

/// <summary>Where names come from: tells a book what there is, and then what changes.</summary>
public interface IIdentitySource
{
    /// <summary>What is wrong with it at present, in words for whoever runs it; null when all is well. The last that
    /// was good is kept meanwhile.</summary>
    string? Problem { get; }

    /// <summary>Tells until cancelled. The only one that applies changes to the book.</summary>
    Task RunAsync(IdentityBook book, CancellationToken cancel);
}
