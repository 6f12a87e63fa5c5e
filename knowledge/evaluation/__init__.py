"""How well questions are answered: labelled questions, figures, what is fitted on them."""
