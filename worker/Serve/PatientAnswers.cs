namespace NetSniff.Worker.Serve;

/// <summary>Waits for a slow reader, but not for ever.</summary>
internal sealed class PatientAnswers<T>(IAnswers<T> inner, TimeSpan stallMax) : IAnswers<T>
{
    /// <exception cref="StalledException">There was no room for so long.</exception>
    public async Task WriteAsync(T answer, CancellationToken cancel)
    {
        var write = inner.WriteAsync(answer, cancel);
        if (write.IsCompletedSuccessfully) return;

        try
        {
            await write.WaitAsync(stallMax, cancel).ConfigureAwait(false);
        }
        catch (TimeoutException)
        {
            throw new StalledException(stallMax);
        }
    }
}
