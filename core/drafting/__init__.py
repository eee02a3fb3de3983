"""An allocation in the making: typed, pasted or changed piece by piece, until it is whole."""
