namespace NetSniff.Worker.Serve;

/// <summary>Where the answers of a call go, one after the other.</summary>
internal interface IAnswers<in T>
{
    /// <summary>Ends when there is room for more, which is when whoever asked has read enough.</summary>
    Task WriteAsync(T answer, CancellationToken cancel);
}
