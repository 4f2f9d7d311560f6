namespace NetSniff.Operator.Reconciling.Writing;

/// <summary>A number that is never the same twice is written again only when it is another to who reads it.</summary>
internal static class ShownRate
{
    /// <summary>By how much of the larger one a rate must differ to be news.</summary>
    private const double ShareOfNews = 0.2;

    /// <param name="least">A difference that is no news however small the rates are.</param>
    public static bool IsAbout(double shown, double now, double least) =>
        Math.Abs(shown - now) <= Math.Max(least, Math.Max(shown, now) * ShareOfNews);
}
